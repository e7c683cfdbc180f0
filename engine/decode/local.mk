# SPDX-License-Identifier: BSD-2-Clause
# engine/decode/: octets to text.
noinst_LTLIBRARIES += %D%/libdecode.la
%C%_libdecode_la_SOURCES = \
	%D%/charset.c %D%/charset.h \
	%D%/decode.c %D%/decode.h \
	%D%/decoded.c %D%/decoded.h \
	%D%/udh.c %D%/udh.h \
	%D%/wbxml.c %D%/wbxml.h \
	%D%/wide.c %D%/wide.h

check_LTLIBRARIES += tests/libtsv.la
tests_libtsv_la_SOURCES = tests/tsv.c tests/tsv.h
tests_libtsv_la_LIBADD = tests/libsupport.la

check_PROGRAMS += tests/check_decode
tests_check_decode_SOURCES = tests/check_decode.c
tests_check_decode_LDADD = tests/libtsv.la tests/libsupport.la \
	%D%/libdecode.la base/libbase.la
EXTRA_DIST += tests/data/decode_cases.tsv tests/fuzz/corpus/decode \
	tests/fuzz/corpus/wbxml

check_PROGRAMS += tests/fuzz/fuzz_decode tests/fuzz/fuzz_wbxml
tests_fuzz_fuzz_decode_SOURCES = tests/fuzz/fuzz_decode.c
tests_fuzz_fuzz_decode_LDADD = $(FUZZ_MAIN) %D%/libdecode.la base/libbase.la
tests_fuzz_fuzz_wbxml_SOURCES = tests/fuzz/fuzz_wbxml.c
tests_fuzz_fuzz_wbxml_LDADD = $(FUZZ_MAIN) %D%/libdecode.la base/libbase.la
