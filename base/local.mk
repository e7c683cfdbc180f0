# SPDX-License-Identifier: BSD-2-Clause
# base/: what everyone stands on; knows nobody.
noinst_LTLIBRARIES += %D%/libbase.la
%C%_libbase_la_SOURCES = \
	%D%/alloc.c %D%/alloc.h \
	%D%/arena.c %D%/arena.h \
	%D%/buf.c %D%/buf.h \
	%D%/clock.c %D%/clock.h \
	%D%/cpu.c %D%/cpu.h \
	%D%/digest.c %D%/digest.h \
	%D%/keyed.c %D%/keyed.h \
	%D%/folders.c %D%/folders.h \
	%D%/generation.c %D%/generation.h \
	%D%/limits.h \
	%D%/markup.c %D%/markup.h \
	%D%/nearest.c %D%/nearest.h \
	%D%/progress.h \
	%D%/slice.h \
	%D%/status.c %D%/status.h \
	%D%/utf8.c %D%/utf8.h
%C%_libbase_la_LIBADD = $(SODIUM_LIBS) -lm

# Apart from the rest, so that who reads no configuration needs no libconfig.
noinst_LTLIBRARIES += %D%/libconf.la
%C%_libconf_la_SOURCES = %D%/conf.c %D%/conf.h
%C%_libconf_la_LIBADD = $(CONFIG_LIBS)
