# SPDX-License-Identifier: BSD-2-Clause
# tools/: fanzhactl, one file a verb; main.c is thin, so tests link the rest.
noinst_LTLIBRARIES += %D%/libtools.la
%C%_libtools_la_SOURCES = \
	%D%/ask.c %D%/ask.h \
	%D%/change.c %D%/change.h \
	%D%/corpus.c %D%/corpus.h \
	%D%/ctl.c %D%/ctl.h \
	%D%/each.c %D%/each.h \
	%D%/judge.c %D%/judge.h \
	%D%/junit.c %D%/junit.h \
	%D%/lines.c %D%/lines.h \
	%D%/looks.c %D%/looks.h \
	%D%/list.h %D%/list_common.c \
	%D%/list_build.c \
	%D%/list_diff.c \
	%D%/list_entries.c %D%/list_entries.h \
	%D%/list_key.c \
	%D%/fetch.c %D%/fetch.h \
	%D%/fetch_meta.c %D%/fetch_meta.h \
	%D%/list_live.c \
	%D%/list_update.c \
	%D%/update.h %D%/update_feeds.c \
	%D%/list_query.c \
	%D%/list_stats.c \
	%D%/message_in.c %D%/message_in.h \
	%D%/progress.c %D%/progress.h \
	%D%/csv.c %D%/csv.h \
	%D%/source.c %D%/source.h \
	%D%/states.c %D%/states.h \
	%D%/states_file.c \
	%D%/store_open.c %D%/store_open.h \
	%D%/tally.c %D%/tally.h \
	%D%/verb_audit.c \
	%D%/verb_brake.c \
	%D%/verb_bench_rules.c \
	%D%/verb_bypass.c \
	%D%/verb_release.c \
	%D%/verb_canonical.c \
	%D%/verb_diff.c \
	%D%/verb_draft.c \
	%D%/verb_explain.c \
	%D%/verb_generations.c \
	%D%/verb_held.c \
	%D%/verb_import.c \
	%D%/verb_lint.c \
	%D%/verb_list.c \
	%D%/verb_metrics.c \
	%D%/verb_normalise.c \
	%D%/verb_promote.c \
	%D%/verb_reload.c \
	%D%/verb_replay.c \
	%D%/verb_rules.c \
	%D%/verb_rollback.c \
	%D%/verb_scan.c \
	%D%/verb_stats.c \
	%D%/verb_status.c \
	%D%/verb_test.c \
	%D%/verb_trace.c \
	%D%/verb_urls.c
%C%_libtools_la_LIBADD = $(JANSSON_LIBS) $(CURL_LIBS)

bin_PROGRAMS += %D%/fanzhactl
%C%_fanzhactl_SOURCES = %D%/main.c
%C%_fanzhactl_LDADD = %D%/libtools.la config/libconfig.la \
	engine/list/liblistbuild.la $(FZ_ENGINE) \
	control/libcontrol.la store/libstore.la base/libbase.la

# the child that compiles (config/compile_child.h)
pkglibexec_PROGRAMS += %D%/fanzha-compile
%C%_fanzha_compile_SOURCES = %D%/libexec/compile.c
%C%_fanzha_compile_LDADD = $(FZ_ENGINE) base/libbase.la

check_PROGRAMS += tests/check_list_tool
tests_check_list_tool_SOURCES = tests/check_list_tool.c
tests_check_list_tool_LDADD = tests/liblistkit.la tests/libsupport.la %D%/libtools.la \
	config/libconfig.la engine/list/liblistbuild.la $(FZ_ENGINE) \
	control/libcontrol.la store/libstore.la base/libbase.la

check_PROGRAMS += tests/check_states
tests_check_states_SOURCES = tests/check_states.c
tests_check_states_LDADD = tests/libsupport.la %D%/libtools.la \
	config/libconfig.la engine/list/liblistbuild.la $(FZ_ENGINE) \
	control/libcontrol.la store/libstore.la base/libbase.la

# --- golden tests of the command line: tests/cli/NAME.{sh,out,err} ----------
# Not in check_PROGRAMS, as those are tests themselves.
noinst_PROGRAMS += tests/cli_plugin tests/cli_store
tests_cli_plugin_SOURCES = tests/cli_plugin.c
tests_cli_plugin_LDADD = control/libcontrol.la base/libbase.la $(JANSSON_LIBS)
tests_cli_store_SOURCES = tests/cli_store.c
tests_cli_store_LDADD = store/libstore.la base/libbase.la $(SQLITE_LIBS)

TESTS += tests/cli/run
EXTRA_DIST += tests/cli

update-golden: $(bin_PROGRAMS) tests/cli_plugin tests/cli_store
	@$(AM_TESTS_ENVIRONMENT) $(top_srcdir)/tests/cli/run --update

.PHONY: update-golden

check_PROGRAMS += tests/fuzz/fuzz_fetch_meta
tests_fuzz_fuzz_fetch_meta_SOURCES = tests/fuzz/fuzz_fetch_meta.c
tests_fuzz_fuzz_fetch_meta_LDADD = $(FUZZ_MAIN) %D%/libtools.la base/libbase.la
EXTRA_DIST += tests/fuzz/corpus/fetch_meta

check_PROGRAMS += tests/check_fetch_meta
tests_check_fetch_meta_SOURCES = tests/check_fetch_meta.c
tests_check_fetch_meta_LDADD = tests/libsupport.la %D%/libtools.la \
	base/libbase.la
