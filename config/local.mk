# SPDX-License-Identifier: BSD-2-Clause
# config/: fanzha.conf, what it says about the process and what about a
# generation.
noinst_LTLIBRARIES += %D%/libconfig.la
%C%_libconfig_la_SOURCES = \
	%D%/archive.c %D%/archive.h \
	%D%/bundle.c %D%/bundle.h \
	%D%/compile_child.c %D%/compile_child.h \
	%D%/config.c %D%/config.h \
	%D%/dns_lists.c %D%/dns_lists.h \
	%D%/fanzha_conf.c %D%/fanzha_conf.h \
	%D%/firsts.c %D%/firsts.h \
	%D%/history.c %D%/history.h \
	%D%/lists.c %D%/lists.h \
	%D%/lists_conf.c \
	%D%/override.c %D%/override.h \
	%D%/policy.c %D%/policy.h \
	%D%/schema.c %D%/schema.h \
	%D%/senders.c %D%/senders.h \
	%D%/tree.c %D%/tree.h
%C%_libconfig_la_CPPFLAGS = $(AM_CPPFLAGS) \
	-DFZ_COMPILER_PATH='"$(pkglibexecdir)/fanzha-compile"'
%C%_libconfig_la_LIBADD = $(CONFIG_LIBS) -lm

check_PROGRAMS += tests/check_config
tests_check_config_SOURCES = tests/check_config.c
tests_check_config_LDADD = tests/libsupport.la %D%/libconfig.la \
	$(FZ_ENGINE) base/libbase.la

check_PROGRAMS += tests/check_dns_conf
tests_check_dns_conf_SOURCES = tests/check_dns_conf.c
tests_check_dns_conf_LDADD = $(tests_check_config_LDADD)

check_PROGRAMS += tests/fuzz/fuzz_config
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c
tests_fuzz_fuzz_config_LDADD = $(FUZZ_MAIN) %D%/libconfig.la \
	$(FZ_ENGINE) base/libbase.la

# starts the child that compiles
check_PROGRAMS += tests/check_compile
tests_check_compile_SOURCES = tests/check_compile.c
tests_check_compile_LDADD = tests/librulekit.la %D%/libconfig.la \
	$(FZ_ENGINE) base/libbase.la
EXTRA_tests_check_compile_DEPENDENCIES = tools/fanzha-compile$(EXEEXT)

check_PROGRAMS += tests/check_bombs
tests_check_bombs_SOURCES = tests/check_bombs.c
tests_check_bombs_LDADD = tests/librulekit.la %D%/libconfig.la \
	$(FZ_ENGINE) base/libbase.la
EXTRA_tests_check_bombs_DEPENDENCIES = tools/fanzha-compile$(EXEEXT)

# fsync is wrapped: the test makes it fail
check_PROGRAMS += tests/check_bundle
tests_check_bundle_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=fsync
tests_check_bundle_SOURCES = tests/check_bundle.c
tests_check_bundle_LDADD = tests/libsupport.la %D%/libconfig.la \
	$(FZ_ENGINE) base/libbase.la

check_PROGRAMS += tests/check_lists
tests_check_lists_SOURCES = tests/check_lists.c
tests_check_lists_LDADD = tests/liblistkit.la tests/libsupport.la \
	%D%/libconfig.la engine/list/liblistbuild.la $(FZ_ENGINE) \
	base/libbase.la
