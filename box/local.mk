# SPDX-License-Identifier: BSD-2-Clause
# box/: fanzhabox, the plugin host. wire/ is a library of its own, for tests
# and fuzz targets; the rest is one library, so that tests link what ships.
# Every object of the libraries is linked (-Wl,--whole-archive by libtool's
# convenience libraries is not needed: main.c reaches all of them).
noinst_LTLIBRARIES += %D%/wire/libwire.la
%C%_wire_libwire_la_SOURCES = \
	%D%/wire/frame.c %D%/wire/frame.h \
	%D%/wire/pack.c %D%/wire/pack.h \
	%D%/wire/packed.c %D%/wire/packed.h
%C%_wire_libwire_la_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)

# --- tests ------------------------------------------------------------------
check_LTLIBRARIES += tests/libboxmessages.la
tests_libboxmessages_la_SOURCES = tests/box_messages.c tests/box_messages.h
tests_libboxmessages_la_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)

check_PROGRAMS += tests/check_wire
tests_check_wire_SOURCES = tests/check_wire.c
tests_check_wire_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
tests_check_wire_LDADD = tests/libboxmessages.la tests/libsupport.la \
	box/wire/libwire.la base/libbase.la $(KANNEL_BOX_LIBS)

