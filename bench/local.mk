# SPDX-License-Identifier: BSD-2-Clause
# bench/: what it costs, always beside something else in the same run.
noinst_PROGRAMS += %D%/bench-engine
%C%_bench_engine_SOURCES = %D%/bench-engine.c \
	%D%/generate.c %D%/generate.h \
	%D%/icu.c %D%/icu.h \
	%D%/kannel_msg.c %D%/kannel_msg.h \
	%D%/made_list.c %D%/made_list.h \
	%D%/measure.c %D%/measure.h \
	%D%/world.c %D%/world.h
%C%_bench_engine_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
%C%_bench_engine_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=hs_compile_multi
%C%_bench_engine_LDADD = $(FZ_ENGINE) engine/list/liblistbuild.la \
	engine/list/liblist.la engine/url/liburl.la base/libbase.la \
	$(PCRE2_LIBS) $(KANNEL_BOX_LIBS)

# bench-equal: the engine's matches against PCRE2's, one by one
noinst_PROGRAMS += %D%/bench-equal
%C%_bench_equal_SOURCES = %D%/bench-equal.c %D%/generate.c %D%/generate.h
%C%_bench_equal_LDADD = $(FZ_ENGINE) base/libbase.la $(PCRE2_LIBS)

# bench-text: decoding and views, against Kannel's own work and ICU's
noinst_PROGRAMS += %D%/bench-text
%C%_bench_text_SOURCES = %D%/bench-text.c %D%/icu.c %D%/icu.h \
	%D%/kannel_msg.c %D%/kannel_msg.h
%C%_bench_text_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
%C%_bench_text_LDADD = engine/text/libtext.la engine/decode/libdecode.la \
	base/libbase.la $(KANNEL_BOX_LIBS)

# The far ends of bench/gateway and bench/box, and what fanzhabox is compared
# with there.
noinst_LTLIBRARIES += %D%/ends/libends.la
%C%_ends_libends_la_SOURCES = %D%/ends/peer.c %D%/ends/peer.h
noinst_PROGRAMS += %D%/ends/box-load %D%/ends/box-stub %D%/ends/box-relay \
	%D%/ends/smsc-stub
%C%_ends_box_load_SOURCES = %D%/ends/box_load.c
%C%_ends_box_load_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
%C%_ends_box_load_LDADD = %D%/ends/libends.la box/wire/libwire.la \
	$(FZ_ENGINE) base/libbase.la $(KANNEL_BOX_LIBS)
%C%_ends_box_stub_SOURCES = %D%/ends/box_stub.c
%C%_ends_box_stub_LDADD = %D%/ends/libends.la base/libbase.la
%C%_ends_smsc_stub_SOURCES = %D%/ends/smsc_stub.c
%C%_ends_smsc_stub_LDADD = %D%/ends/libends.la base/libbase.la
%C%_ends_box_relay_SOURCES = %D%/ends/box_relay.c
%C%_ends_box_relay_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
%C%_ends_box_relay_LDADD = $(KANNEL_BOX_LIBS)

# bench-hostile: the worst that a message and rules can do together
noinst_PROGRAMS += %D%/bench-hostile
%C%_bench_hostile_SOURCES = %D%/bench-hostile.c \
	%D%/generate.c %D%/generate.h %D%/measure.c %D%/measure.h
%C%_bench_hostile_LDADD = $(FZ_ENGINE) base/libbase.la
