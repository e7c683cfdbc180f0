# SPDX-License-Identifier: BSD-2-Clause
# bench/: what it costs, always beside something else in the same run.
noinst_PROGRAMS += %D%/bench-engine
%C%_bench_engine_SOURCES = %D%/bench-engine.c %D%/generate.c %D%/generate.h
%C%_bench_engine_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
%C%_bench_engine_LDADD = $(FZ_ENGINE) base/libbase.la $(KANNEL_BOX_LIBS)

# bench-text: decoding and views, against Kannel's own work and ICU's
noinst_PROGRAMS += %D%/bench-text
%C%_bench_text_SOURCES = %D%/bench-text.c %D%/kannel_msg.c %D%/kannel_msg.h
%C%_bench_text_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
%C%_bench_text_LDADD = engine/text/libtext.la engine/decode/libdecode.la \
	base/libbase.la $(KANNEL_BOX_LIBS)
