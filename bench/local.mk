# SPDX-License-Identifier: BSD-2-Clause
# bench/: what it costs, always beside something else in the same run.
noinst_PROGRAMS += %D%/bench-engine
%C%_bench_engine_SOURCES = %D%/bench-engine.c %D%/generate.c %D%/generate.h
%C%_bench_engine_CPPFLAGS = $(AM_CPPFLAGS) $(KANNEL_CPPFLAGS)
%C%_bench_engine_LDADD = $(FZ_ENGINE) base/libbase.la $(KANNEL_BOX_LIBS)
