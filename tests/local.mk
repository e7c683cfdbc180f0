# SPDX-License-Identifier: BSD-2-Clause
# tests/: check_<module>.c mirrors the module; each is a program of promises.
# A room lists its own tests and fuzz targets in its own local.mk, with paths
# from the top:
#     check_PROGRAMS += tests/check_text
#     tests_check_text_SOURCES = tests/check_text.c
#     tests_check_text_LDADD = tests/libsupport.la engine/text/libtext.la ...
#     check_PROGRAMS += tests/fuzz/fuzz_views
#     tests_fuzz_fuzz_views_SOURCES = tests/fuzz/fuzz_views.c
#     tests_fuzz_fuzz_views_LDADD = $(FUZZ_MAIN) engine/text/libtext.la ...
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)'; \
	export top_srcdir top_builddir;

check_LTLIBRARIES += tests/libsupport.la
tests_libsupport_la_SOURCES = tests/support.c tests/support.h
tests_libsupport_la_LIBADD = base/libbase.la $(CHECK_LIBS)

if FUZZING
FUZZ_MAIN = $(FUZZ_ENGINE)
else
FUZZ_MAIN = tests/fuzz/libreplay.la
endif
check_LTLIBRARIES += tests/fuzz/libreplay.la
tests_fuzz_libreplay_la_SOURCES = tests/fuzz/replay_main.c
tests_fuzz_libreplay_la_LIBADD = base/libbase.la

check_PROGRAMS += tests/check_base
tests_check_base_SOURCES = tests/check_base.c
tests_check_base_LDADD = tests/libsupport.la base/libbase.la
tests_check_base_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=mmap -Wl,--wrap=munmap

TESTS += $(check_PROGRAMS)

include tests/corpus/local.mk
