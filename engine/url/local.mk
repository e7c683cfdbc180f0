# SPDX-License-Identifier: BSD-2-Clause
# engine/url/: links and contacts.
noinst_LTLIBRARIES += %D%/liburl.la
%C%_liburl_la_SOURCES = \
	%D%/canonical.c %D%/canonical.h \
	%D%/key.h \
	%D%/octets.h
%C%_liburl_la_LIBADD = base/libbase.la $(IDN2_LIBS) $(PSL_LIBS)

check_PROGRAMS += tests/check_canonical
tests_check_canonical_SOURCES = tests/check_canonical.c
tests_check_canonical_LDADD = tests/libsupport.la engine/url/liburl.la \
	$(JANSSON_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_canonical
tests_fuzz_fuzz_canonical_SOURCES = tests/fuzz/fuzz_canonical.c
tests_fuzz_fuzz_canonical_LDADD = $(FUZZ_MAIN) engine/url/liburl.la
EXTRA_DIST += tests/fuzz/corpus/canonical
