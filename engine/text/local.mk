# SPDX-License-Identifier: BSD-2-Clause
# engine/text/: the views of a text, and the way back to the original.
noinst_LTLIBRARIES += %D%/libtext.la
%C%_libtext_la_SOURCES = \
	%D%/chars.c %D%/chars.h \
	%D%/context.c %D%/context.h \
	%D%/lean.c \
	%D%/out.h \
	%D%/pass.c %D%/pass.h \
	%D%/plain.c %D%/plain.h \
	%D%/plain_codes.c %D%/plain_codes.h \
	%D%/rare.c \
	%D%/runs.c %D%/runs.h \
	%D%/state.h \
	%D%/text.c %D%/text.h \
	%D%/token.c %D%/token.h \
	%D%/unicode_tables.h \
	%D%/views.c

# The tables are committed; this makes them again when Unicode's data or
# curated.tsv change (Debian: unicode-data, opencc, libopencc-data, python3-icu)
unicode-tables:
	/usr/bin/python3 $(top_srcdir)/%D%/generate_tables.py
.PHONY: unicode-tables

# ... and this tells whether they are what the tool makes
TESTS += tests/check_tables.sh
EXTRA_DIST += tests/check_tables.sh LICENSES/Apache-2.0.txt \
	tests/fuzz/corpus/views
# Every code point's folded form against ICU and OpenCC
noinst_PROGRAMS += tests/dump_folds
tests_dump_folds_SOURCES = tests/dump_folds.c
tests_dump_folds_LDADD = %D%/libtext.la base/libbase.la
TESTS += tests/check_folds.sh
EXTRA_DIST += tests/check_folds.sh tests/check_folds.py \
	tests/data/fold_differences.tsv
EXTRA_DIST += %D%/curated.tsv %D%/confusables_review.tsv \
	%D%/generate_tables.py %D%/strokes.tsv

check_PROGRAMS += tests/check_text
tests_check_text_SOURCES = tests/check_text.c
tests_check_text_LDADD = tests/libtsv.la tests/libsupport.la %D%/libtext.la \
	engine/decode/libdecode.la base/libbase.la

check_PROGRAMS += tests/check_views
tests_check_views_SOURCES = tests/check_views.c
tests_check_views_LDADD = tests/libsupport.la %D%/libtext.la \
	engine/decode/libdecode.la base/libbase.la

check_PROGRAMS += tests/fuzz/fuzz_views
tests_fuzz_fuzz_views_SOURCES = tests/fuzz/fuzz_views.c
tests_fuzz_fuzz_views_LDADD = $(FUZZ_MAIN) %D%/libtext.la \
	engine/decode/libdecode.la base/libbase.la

# Evasions made on purpose, and in how many the word is found again
noinst_PROGRAMS += tests/mutate/measure
tests_mutate_measure_SOURCES = tests/mutate/measure.c
tests_mutate_measure_LDADD = %D%/libtext.la engine/decode/libdecode.la \
	base/libbase.la
TESTS += tests/check_mutations.sh
EXTRA_DIST += tests/check_mutations.sh tests/mutate/mutate.py \
	tests/mutate/words.txt
