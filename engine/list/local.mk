# SPDX-License-Identifier: BSD-2-Clause
# engine/list/: reputation lists. liblist.la is what judging and live entries
# need; liblistbuild.la makes lists of feeds, for tools alone.
noinst_LTLIBRARIES += %D%/liblist.la
%C%_liblist_la_SOURCES = \
	%D%/answer.c \
	%D%/dns.c %D%/dns.h \
	%D%/finding.c %D%/finding.h %D%/findings.def \
	%D%/format.c %D%/format.h \
	%D%/guard.c %D%/guard.h \
	%D%/keyform.c %D%/keyform.h \
	%D%/list.c %D%/list.h \
	%D%/lookup.c \
	%D%/mapped.h \
	%D%/overlay.c %D%/overlay.h \
	%D%/probe.c %D%/probe.h \
	%D%/question.c %D%/question.h \
	%D%/shared.c %D%/shared.h %D%/shared.def \
	%D%/siphash.h
%C%_liblist_la_LIBADD = $(SODIUM_LIBS) $(PSL_LIBS)
# ... and those below it, for programs without the rest of the engine
FZ_LIST = engine/list/liblist.la engine/url/liburl.la engine/text/libtext.la \
	base/libbase.la

noinst_LTLIBRARIES += %D%/liblistbuild.la
%C%_liblistbuild_la_SOURCES = \
	%D%/build.c %D%/build.h %D%/build_internal.h \
	%D%/build_guard.c \
	%D%/build_kinds.c \
	%D%/build_merge.c \
	%D%/build_ranges.c \
	%D%/build_write.c \
	%D%/source.c %D%/source.h %D%/source_internal.h \
	%D%/source_csv.c \
	%D%/source_json.c \
	%D%/source_own.c \
	%D%/source_plain.c
%C%_liblistbuild_la_LIBADD = $(JANSSON_LIBS)

# compares with tinycdb and LMDB: built where both are (libcdb-dev, liblmdb-dev)
if BENCH_LIST
noinst_PROGRAMS += bench/bench-list
bench_bench_list_SOURCES = bench/bench-list.c
bench_bench_list_CFLAGS = $(AM_CFLAGS) $(BENCH_CFLAGS)
bench_bench_list_LDADD = %D%/liblistbuild.la $(FZ_LIST) $(BENCH_LIBS) -lm
endif

check_LTLIBRARIES += tests/liblistkit.la
tests_liblistkit_la_SOURCES = tests/list_kit.c tests/list_kit.h
FZ_LISTKIT = tests/liblistkit.la tests/libsupport.la %D%/liblistbuild.la $(FZ_LIST)
check_PROGRAMS += tests/check_list
tests_check_list_SOURCES = tests/check_list.c
tests_check_list_LDADD = $(FZ_LISTKIT)
check_PROGRAMS += tests/check_list_alloc
tests_check_list_alloc_SOURCES = tests/check_list_alloc.c
tests_check_list_alloc_LDADD = $(FZ_LISTKIT)
check_PROGRAMS += tests/check_list_build
tests_check_list_build_SOURCES = tests/check_list_build.c
tests_check_list_build_LDADD = $(FZ_LISTKIT)
check_PROGRAMS += tests/check_list_file
tests_check_list_file_SOURCES = tests/check_list_file.c
tests_check_list_file_LDADD = $(FZ_LISTKIT)
check_PROGRAMS += tests/check_list_source
tests_check_list_source_SOURCES = tests/check_list_source.c
tests_check_list_source_LDADD = $(FZ_LISTKIT)
check_PROGRAMS += tests/check_list_overlay
tests_check_list_overlay_SOURCES = tests/check_list_overlay.c
tests_check_list_overlay_LDADD = $(FZ_LISTKIT)

check_PROGRAMS += tests/fuzz/fuzz_list_file tests/fuzz/fuzz_list_overlay \
	tests/fuzz/fuzz_list_source
tests_fuzz_fuzz_list_file_SOURCES = tests/fuzz/fuzz_list_file.c
tests_fuzz_fuzz_list_file_LDADD = $(FUZZ_MAIN) $(FZ_LIST)
tests_fuzz_fuzz_list_overlay_SOURCES = tests/fuzz/fuzz_list_overlay.c
tests_fuzz_fuzz_list_overlay_LDADD = $(FUZZ_MAIN) $(FZ_LIST)
tests_fuzz_fuzz_list_source_SOURCES = tests/fuzz/fuzz_list_source.c
tests_fuzz_fuzz_list_source_LDADD = $(FUZZ_MAIN) %D%/liblistbuild.la $(FZ_LIST)
EXTRA_DIST += docs/lists.md tests/fuzz/corpus/list_file tests/fuzz/corpus/list_overlay \
	tests/fuzz/corpus/list_source
