# SPDX-License-Identifier: BSD-2-Clause
# http/: a small server for administrators' pages and the console.
noinst_LTLIBRARIES += %D%/libhttp.la
%C%_libhttp_la_SOURCES = \
	%D%/http.c %D%/http.h \
	%D%/throttle.c %D%/throttle.h
%C%_libhttp_la_LIBADD = $(MICROHTTPD_LIBS) $(SODIUM_LIBS)

check_PROGRAMS += tests/check_http
tests_check_http_SOURCES = tests/check_http.c
tests_check_http_LDADD = tests/libsupport.la http/libhttp.la base/libbase.la
