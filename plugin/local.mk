# SPDX-License-Identifier: BSD-2-Clause
# plugin/: fanzha.so. The symbols of gwlib and msg_* stay undefined: the host
# provides them (Debian's libgwlib.a is not position independent).
plugin_LTLIBRARIES += %D%/fanzha.la
%C%_fanzha_la_SOURCES = \
	%D%/adapter.c \
	%D%/ask/ask.c %D%/ask/ask.h %D%/ask/ask_impl.h \
	%D%/ask/await.c %D%/ask/await.h \
	%D%/ask/keep.c %D%/ask/keep.h \
	%D%/ask/loop.c %D%/ask/waits.c \
	%D%/ask/server.c %D%/ask/server.h \
	%D%/carry.c %D%/carry.h \
	%D%/disposition.c %D%/disposition.h \
	%D%/host.c %D%/host.h \
	%D%/judged.c %D%/judged.h \
	%D%/msg.c %D%/msg.h \
	%D%/plugin.h \
	%D%/warn.c %D%/warn.h \
	%D%/warn_turns.c %D%/warn_turns.h \
	%D%/hold/again.c %D%/hold/again.h \
	%D%/hold/arrive.c %D%/hold/assembly_impl.h \
	%D%/hold/assembly.c %D%/hold/assembly.h \
	%D%/hold/later.c %D%/hold/later.h \
	%D%/hold/decide.c \
	%D%/hold/hold.c %D%/hold/hold.h \
	%D%/hold/join.c %D%/hold/join.h \
	%D%/hold/leave.c %D%/hold/leave.h \
	%D%/hold/mark.c %D%/hold/mark.h \
	%D%/hold/packed.c %D%/hold/packed.h \
	%D%/hold/parts.c %D%/hold/parts.h \
	%D%/hold/report.c %D%/hold/report.h \
	%D%/hold/release.c %D%/hold/release.h \
	%D%/live/alert.c %D%/live/alert.h \
	%D%/live/brake.c %D%/live/brake.h \
	%D%/live/brake_file.c %D%/live/brake_file.h \
	%D%/live/build.c %D%/live/build.h \
	%D%/live/bypass.c %D%/live/bypass.h \
	%D%/live/counters.c %D%/live/counters.h \
	%D%/live/entries.c %D%/live/entries.h \
	%D%/live/evidence.c %D%/live/evidence.h \
	%D%/live/listing.c %D%/live/listing.h \
	%D%/live/live.c %D%/live/live.h \
	%D%/live/metrics.c %D%/live/metrics.h \
	%D%/live/record_log.c %D%/live/record_log.h \
	%D%/live/recorder.c %D%/live/recorder.h \
	%D%/live/samples.c %D%/live/samples.h \
	%D%/live/tally.c %D%/live/tally.h %D%/live/tally_metrics.c \
	%D%/live/verbs.c %D%/live/verbs.def %D%/live/verbs_generation.c \
	%D%/live/verbs_release.c %D%/live/verbs_release.h \
	%D%/live/verbs_brake.c %D%/live/verbs_brake.h \
	%D%/live/verbs_evidence.c %D%/live/verbs_evidence.h \
	%D%/live/verbs_list.c %D%/live/verbs_list.h \
	%D%/live/verbs_stats.c \
	%D%/live/verbs_trace.c %D%/live/verbs_trace.h
%C%_fanzha_la_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
%C%_fanzha_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared \
	-export-symbols $(srcdir)/%D%/fanzha.sym
%C%_fanzha_la_LIBADD = config/libconfig.la $(FZ_ENGINE) store/libstore.la \
	control/libcontrol.la base/libbase.la $(XXHASH_LIBS) $(UNBOUND_LIBS)
EXTRA_DIST += %D%/fanzha.sym

check_PROGRAMS += tests/check_plugin tests/check_classic
tests_check_plugin_SOURCES = tests/check_plugin.c \
	%D%/disposition.c %D%/live/bypass.c %D%/live/record_log.c \
	%D%/warn_turns.c
tests_check_plugin_LDADD = tests/libsupport.la base/libbase.la $(JANSSON_LIBS) \
	$(XXHASH_LIBS)
check_PROGRAMS += tests/check_brake
tests_check_brake_SOURCES = tests/check_brake.c %D%/live/brake.c \
	%D%/live/brake_file.c
tests_check_brake_LDADD = tests/libsupport.la config/libconfig.la \
	$(FZ_ENGINE) base/libbase.la
check_PROGRAMS += tests/check_recorder
tests_check_recorder_SOURCES = tests/check_recorder.c %D%/live/recorder.c
tests_check_recorder_LDADD = tests/libsupport.la base/libbase.la
# a host that exports no more than the classic one
tests_check_classic_SOURCES = tests/check_classic.c
tests_check_classic_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_check_classic_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--dynamic-list=$(srcdir)/tests/classic_host.list
tests_check_classic_LDADD = tests/libsupport.la control/libcontrol.la \
	base/libbase.la $(KANNEL_BOX_LIBS)
tests_check_classic_DEPENDENCIES = $(plugin_LTLIBRARIES) \
	tests/classic_host.list tests/libsupport.la control/libcontrol.la
EXTRA_DIST += tests/classic_host.list

# ... and hosts with our extension that do not fit
check_PROGRAMS += tests/check_wrong_host
tests_check_wrong_host_SOURCES = tests/check_wrong_host.c
tests_check_wrong_host_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_check_wrong_host_LDFLAGS = $(AM_LDFLAGS) -export-dynamic
tests_check_wrong_host_LDADD = tests/libsupport.la base/libbase.la \
	$(KANNEL_BOX_LIBS)
EXTRA_tests_check_wrong_host_DEPENDENCIES = $(plugin_LTLIBRARIES)

check_PROGRAMS += tests/check_entries
tests_check_entries_SOURCES = tests/check_entries.c %D%/live/entries.c
tests_check_entries_LDADD = $(FZ_LISTKIT)

check_PROGRAMS += tests/check_parts
tests_check_parts_SOURCES = tests/check_parts.c \
	%D%/hold/packed.c %D%/hold/parts.c
tests_check_parts_LDADD = tests/libsupport.la base/libbase.la $(XXHASH_LIBS)

# a host with the extension, which does with injected messages what a test says
check_PROGRAMS += tests/check_assembly tests/check_assembly_brake \
	tests/check_assembly_life tests/check_assembly_random
tests_check_assembly_SOURCES = tests/check_assembly.c \
	tests/assembly_kit.c tests/assembly_kit.h %D%/hold/packed.c
tests_check_assembly_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_check_assembly_LDFLAGS = $(AM_LDFLAGS) -export-dynamic
tests_check_assembly_LDADD = tests/libsupport.la control/libcontrol.la \
	store/libstore.la base/libbase.la $(JANSSON_LIBS) $(SQLITE_LIBS) \
	$(KANNEL_BOX_LIBS)
EXTRA_tests_check_assembly_DEPENDENCIES = $(plugin_LTLIBRARIES)
tests_check_assembly_brake_SOURCES = tests/check_assembly_brake.c \
	tests/assembly_kit.c tests/assembly_kit.h %D%/hold/packed.c
tests_check_assembly_brake_CPPFLAGS = $(tests_check_assembly_CPPFLAGS)
tests_check_assembly_brake_LDFLAGS = $(tests_check_assembly_LDFLAGS)
tests_check_assembly_brake_LDADD = $(tests_check_assembly_LDADD)
EXTRA_tests_check_assembly_brake_DEPENDENCIES = $(plugin_LTLIBRARIES)
tests_check_assembly_life_SOURCES = tests/check_assembly_life.c \
	tests/assembly_kit.c tests/assembly_kit.h %D%/hold/packed.c
tests_check_assembly_life_CPPFLAGS = $(tests_check_assembly_CPPFLAGS)
tests_check_assembly_life_LDFLAGS = $(tests_check_assembly_LDFLAGS)
tests_check_assembly_life_LDADD = $(tests_check_assembly_LDADD)
EXTRA_tests_check_assembly_life_DEPENDENCIES = $(plugin_LTLIBRARIES)
tests_check_assembly_random_SOURCES = tests/check_assembly_random.c \
	tests/assembly_kit.c tests/assembly_kit.h %D%/hold/packed.c
tests_check_assembly_random_CPPFLAGS = $(tests_check_assembly_CPPFLAGS)
tests_check_assembly_random_LDFLAGS = $(tests_check_assembly_LDFLAGS)
tests_check_assembly_random_LDADD = $(tests_check_assembly_LDADD)
EXTRA_tests_check_assembly_random_DEPENDENCIES = $(plugin_LTLIBRARIES)

# docs/control.md and docs/metrics.md
check_PROGRAMS += tests/check_tally
tests_check_tally_SOURCES = tests/check_tally.c \
	tests/store_support.c tests/store_support.h \
	%D%/live/samples.c %D%/live/tally.c %D%/live/tally_metrics.c
tests_check_tally_LDADD = tests/libsupport.la config/libconfig.la \
	$(FZ_ENGINE) store/libstore.la base/libbase.la $(JANSSON_LIBS) \
	$(SQLITE_LIBS)

check_PROGRAMS += tests/check_pages
tests_check_pages_SOURCES = tests/check_pages.c tests/page_kit.c \
	tests/page_kit.h %D%/disposition.c %D%/live/counters.c \
	%D%/live/entries.c %D%/live/listing.c %D%/live/metrics.c \
	%D%/live/tally.c %D%/live/tally_metrics.c \
	%D%/ask/ask.c %D%/ask/keep.c %D%/ask/loop.c %D%/ask/server.c \
	%D%/ask/waits.c
tests_check_pages_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_check_pages_LDADD = tests/liblistkit.la tests/libsupport.la \
	engine/list/liblistbuild.la config/libconfig.la $(FZ_ENGINE) \
	store/libstore.la base/libbase.la $(XXHASH_LIBS) $(UNBOUND_LIBS)

# the room that asks DNS lists, against servers of the test's own
check_PROGRAMS += tests/check_ask
tests_check_ask_SOURCES = tests/check_ask.c \
	%D%/ask/ask.c %D%/ask/keep.c %D%/ask/loop.c %D%/ask/server.c \
	%D%/ask/waits.c
tests_check_ask_LDADD = tests/libsupport.la engine/list/liblist.la \
	base/libbase.la $(UNBOUND_LIBS) $(JANSSON_LIBS) $(XXHASH_LIBS)
check_PROGRAMS += tests/check_assembly_reports
tests_check_assembly_reports_SOURCES = tests/check_assembly_reports.c \
	tests/assembly_kit.c tests/assembly_kit.h %D%/hold/packed.c
tests_check_assembly_reports_CPPFLAGS = $(tests_check_assembly_CPPFLAGS)
tests_check_assembly_reports_LDFLAGS = $(tests_check_assembly_LDFLAGS)
tests_check_assembly_reports_LDADD = $(tests_check_assembly_LDADD)
EXTRA_tests_check_assembly_reports_DEPENDENCIES = $(plugin_LTLIBRARIES)
check_PROGRAMS += tests/check_release
tests_check_release_SOURCES = tests/check_release.c \
	tests/assembly_kit.c tests/assembly_kit.h %D%/hold/packed.c
tests_check_release_CPPFLAGS = $(tests_check_assembly_CPPFLAGS)
tests_check_release_LDFLAGS = $(tests_check_assembly_LDFLAGS)
tests_check_release_LDADD = $(tests_check_assembly_LDADD)
EXTRA_tests_check_release_DEPENDENCIES = $(plugin_LTLIBRARIES)
