# SPDX-License-Identifier: BSD-2-Clause
# box/: fanzhabox, the plugin host. wire/ is a library of its own, for tests
# and fuzz targets; the rest is one library, so that tests link what ships.
noinst_LTLIBRARIES += %D%/wire/libwire.la
%C%_wire_libwire_la_SOURCES = \
	%D%/wire/frame.c %D%/wire/frame.h \
	%D%/wire/pack.c %D%/wire/pack.h \
	%D%/wire/packed.c %D%/wire/packed.h
%C%_wire_libwire_la_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)

noinst_LTLIBRARIES += %D%/libbox.la
%C%_libbox_la_SOURCES = \
	%D%/admin/admin.c %D%/admin/admin.h \
	%D%/admin/load.c %D%/admin/load.h \
	%D%/admin/report.c %D%/admin/report.h \
	%D%/access.c %D%/access.h \
	%D%/boxconf.c %D%/boxconf.h \
	%D%/boxkeys.c \
	%D%/chain.c %D%/chain.h %D%/chain_impl.h \
	%D%/chain_init.c \
	%D%/chain_run.c \
	%D%/chain_thread.c \
	%D%/host.c %D%/host.h \
	%D%/link/address.c %D%/link/address.h \
	%D%/link/door.c %D%/link/door.h \
	%D%/link/farewell.c %D%/link/farewell.h \
	%D%/link/flight.c %D%/link/flight.h \
	%D%/link/guest.c \
	%D%/link/handover.c \
	%D%/link/hub.c %D%/link/hub.h \
	%D%/link/inject.c \
	%D%/link/jobs.c %D%/link/jobs.h \
	%D%/link/judge.c \
	%D%/link/knock.c %D%/link/knock.h \
	%D%/link/link.c %D%/link/link.h \
	%D%/link/loop.c %D%/link/loop.h \
	%D%/link/own.c \
	%D%/link/pace.c %D%/link/pace.h \
	%D%/link/relay.c \
	%D%/link/resolver.c %D%/link/resolver.h \
	%D%/link/stream.c %D%/link/stream.h \
	%D%/link/survey.c %D%/link/survey.h \
	%D%/link/tls.c %D%/link/tls.h \
	%D%/link/up.c \
	%D%/upgrade/ask.c \
	%D%/upgrade/state.c %D%/upgrade/state.h \
	%D%/upgrade/try.c \
	%D%/upgrade/upgrade.c %D%/upgrade/upgrade.h
%C%_libbox_la_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS) $(KANNEL_CPPFLAGS)
%C%_libbox_la_LIBADD = $(OPENSSL_LIBS)

sbin_PROGRAMS += %D%/fanzhabox
%C%_fanzhabox_SOURCES = %D%/main.c
%C%_fanzhabox_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
%C%_fanzhabox_LDFLAGS = $(AM_LDFLAGS) -export-dynamic
%C%_fanzhabox_LDADD = %D%/libbox.la %D%/wire/libwire.la http/libhttp.la \
	base/libbase.la \
	$(KANNEL_BOX_LIBS)
dist_man_MANS += %D%/fanzhabox.8

# --- tests ------------------------------------------------------------------
check_LTLIBRARIES += tests/libboxmessages.la
tests_libboxmessages_la_SOURCES = tests/box_messages.c tests/box_messages.h
tests_libboxmessages_la_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)

check_PROGRAMS += tests/check_wire
tests_check_wire_SOURCES = tests/check_wire.c
tests_check_wire_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_check_wire_LDADD = tests/libboxmessages.la tests/libsupport.la \
	box/wire/libwire.la base/libbase.la $(KANNEL_BOX_LIBS)

# Plugins that the tests load, and the program with both its sides.
check_LTLIBRARIES += tests/box_classic.la tests/box_asker.la \
	tests/box_foreign.la tests/box_reporter.la
BOX_TEST_PLUGIN_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared \
	-rpath $(abs_builddir)/tests
tests_box_classic_la_SOURCES = tests/box_classic.c
tests_box_classic_la_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_box_classic_la_LDFLAGS = $(BOX_TEST_PLUGIN_LDFLAGS)
tests_box_asker_la_SOURCES = tests/box_asker.c
tests_box_asker_la_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_box_asker_la_LDFLAGS = $(BOX_TEST_PLUGIN_LDFLAGS)
tests_box_foreign_la_SOURCES = tests/box_foreign.c
tests_box_foreign_la_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_box_foreign_la_LDFLAGS = $(BOX_TEST_PLUGIN_LDFLAGS)
tests_box_reporter_la_SOURCES = tests/box_reporter.c
tests_box_reporter_la_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_box_reporter_la_LDFLAGS = $(BOX_TEST_PLUGIN_LDFLAGS)
BOX_TEST_NEEDS = box/fanzhabox tests/box_classic.la tests/box_asker.la \
	tests/box_foreign.la

check_LTLIBRARIES += tests/libboxkit.la
tests_libboxkit_la_SOURCES = tests/box_kit.c tests/box_kit.h
tests_libboxkit_la_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
BOX_TEST_LIBS = tests/libboxkit.la tests/libboxmessages.la \
	tests/libsupport.la base/libbase.la $(KANNEL_BOX_LIBS)

check_PROGRAMS += tests/check_box
tests_check_box_SOURCES = tests/check_box.c
tests_check_box_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_check_box_LDADD = $(BOX_TEST_LIBS)
EXTRA_tests_check_box_DEPENDENCIES = $(BOX_TEST_NEEDS)

check_PROGRAMS += tests/check_box_farewell
tests_check_box_farewell_SOURCES = tests/check_box_farewell.c
tests_check_box_farewell_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_check_box_farewell_LDADD = box/libbox.la $(BOX_TEST_LIBS)
EXTRA_tests_check_box_farewell_DEPENDENCIES = $(BOX_TEST_NEEDS)

check_PROGRAMS += tests/check_box_life
tests_check_box_life_SOURCES = tests/check_box_life.c
tests_check_box_life_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_check_box_life_LDADD = $(BOX_TEST_LIBS)
EXTRA_tests_check_box_life_DEPENDENCIES = $(BOX_TEST_NEEDS)

check_PROGRAMS += tests/check_box_plugins
tests_check_box_plugins_SOURCES = tests/check_box_plugins.c
tests_check_box_plugins_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_check_box_plugins_LDADD = $(BOX_TEST_LIBS)
EXTRA_tests_check_box_plugins_DEPENDENCIES = $(BOX_TEST_NEEDS)

check_PROGRAMS += tests/check_box_up
tests_check_box_up_SOURCES = tests/check_box_up.c
tests_check_box_up_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_check_box_up_LDADD = box/libbox.la $(BOX_TEST_LIBS)
EXTRA_tests_check_box_up_DEPENDENCIES = $(BOX_TEST_NEEDS)

check_PROGRAMS += tests/check_box_verbs
tests_check_box_verbs_SOURCES = tests/check_box_verbs.c \
	tests/page_kit.c tests/page_kit.h
tests_check_box_verbs_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_check_box_verbs_LDADD = $(BOX_TEST_LIBS)
EXTRA_tests_check_box_verbs_DEPENDENCIES = $(BOX_TEST_NEEDS)

check_PROGRAMS += tests/check_box_wap
tests_check_box_wap_SOURCES = tests/check_box_wap.c
tests_check_box_wap_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_check_box_wap_LDADD = $(BOX_TEST_LIBS)
EXTRA_tests_check_box_wap_DEPENDENCIES = $(BOX_TEST_NEEDS)
check_PROGRAMS += tests/check_box_upgrade
tests_check_box_upgrade_SOURCES = tests/check_box_upgrade.c \
	tests/upgrade_kit.c tests/upgrade_kit.h
tests_check_box_upgrade_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_check_box_upgrade_LDADD = $(BOX_TEST_LIBS)
EXTRA_tests_check_box_upgrade_DEPENDENCIES = $(BOX_TEST_NEEDS)

check_PROGRAMS += tests/check_box_handover
tests_check_box_handover_SOURCES = tests/check_box_handover.c \
	tests/upgrade_kit.c tests/upgrade_kit.h
tests_check_box_handover_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_check_box_handover_LDADD = $(BOX_TEST_LIBS)
EXTRA_tests_check_box_handover_DEPENDENCIES = $(BOX_TEST_NEEDS)

check_PROGRAMS += tests/check_resolver
tests_check_resolver_SOURCES = tests/check_resolver.c box/link/resolver.c \
	box/link/address.c
tests_check_resolver_LDADD = tests/libsupport.la base/libbase.la

check_PROGRAMS += tests/check_flight
tests_check_flight_SOURCES = tests/check_flight.c
tests_check_flight_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_check_flight_LDADD = box/libbox.la $(BOX_TEST_LIBS)

check_PROGRAMS += tests/check_box_access
tests_check_box_access_SOURCES = tests/check_box_access.c
tests_check_box_access_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_check_box_access_LDADD = box/libbox.la $(BOX_TEST_LIBS)
EXTRA_tests_check_box_access_DEPENDENCIES = $(BOX_TEST_NEEDS)

check_PROGRAMS += tests/fuzz/fuzz_access
tests_fuzz_fuzz_access_SOURCES = tests/fuzz/fuzz_access.c
tests_fuzz_fuzz_access_LDADD = $(FUZZ_MAIN) box/libbox.la base/libbase.la \
	$(KANNEL_BOX_LIBS)
EXTRA_DIST += tests/fuzz/corpus/access

check_PROGRAMS += tests/check_box_conf
tests_check_box_conf_SOURCES = tests/check_box_conf.c
tests_check_box_conf_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_check_box_conf_LDADD = box/libbox.la $(BOX_TEST_LIBS)
EXTRA_tests_check_box_conf_DEPENDENCIES = $(BOX_TEST_NEEDS)

check_PROGRAMS += tests/check_state
tests_check_state_SOURCES = tests/check_state.c box/upgrade/state.c
tests_check_state_LDADD = tests/libsupport.la base/libbase.la

check_PROGRAMS += tests/fuzz/fuzz_frame tests/fuzz/fuzz_unpack \
	tests/fuzz/fuzz_boxconf tests/fuzz/fuzz_state
tests_fuzz_fuzz_state_SOURCES = tests/fuzz/fuzz_state.c box/upgrade/state.c
tests_fuzz_fuzz_state_LDADD = $(FUZZ_MAIN) base/libbase.la
tests_fuzz_fuzz_frame_SOURCES = tests/fuzz/fuzz_frame.c
tests_fuzz_fuzz_frame_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_fuzz_fuzz_frame_LDADD = $(FUZZ_MAIN) box/wire/libwire.la \
	base/libbase.la $(KANNEL_BOX_LIBS)
tests_fuzz_fuzz_unpack_SOURCES = tests/fuzz/fuzz_unpack.c
tests_fuzz_fuzz_unpack_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_fuzz_fuzz_unpack_LDADD = $(FUZZ_MAIN) tests/libboxmessages.la \
	box/wire/libwire.la base/libbase.la $(KANNEL_BOX_LIBS)
tests_fuzz_fuzz_boxconf_SOURCES = tests/fuzz/fuzz_boxconf.c
tests_fuzz_fuzz_boxconf_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_fuzz_fuzz_boxconf_LDADD = $(FUZZ_MAIN) box/libbox.la base/libbase.la \
	$(KANNEL_BOX_LIBS)
EXTRA_DIST += tests/fuzz/corpus/frame tests/fuzz/corpus/unpack \
	tests/fuzz/corpus/boxconf tests/fuzz/corpus/state

check_PROGRAMS += tests/check_load
tests_check_load_SOURCES = tests/check_load.c box/admin/load.c
tests_check_load_LDADD = tests/libsupport.la base/libbase.la -lm
