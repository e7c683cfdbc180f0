# SPDX-License-Identifier: BSD-2-Clause
# engine/text/: the views of a text, and the way back to the original.
noinst_LTLIBRARIES += %D%/libtext.la
%C%_libtext_la_SOURCES = \
	%D%/fold.c %D%/fold.h \
	%D%/text.c %D%/text.h \
	%D%/views.c
%C%_libtext_la_LIBADD = engine/decode/libdecode.la base/libbase.la

check_PROGRAMS += tests/check_text
tests_check_text_SOURCES = tests/check_text.c
tests_check_text_LDADD = tests/libsupport.la %D%/libtext.la \
	engine/decode/libdecode.la base/libbase.la
