# SPDX-License-Identifier: BSD-2-Clause
# engine/list/: reputation lists. liblist.la is what judging and live entries
# need; liblistbuild.la makes lists of feeds, for tools alone.
noinst_LTLIBRARIES += %D%/liblist.la
%C%_liblist_la_SOURCES = \
	%D%/answer.c \
	%D%/finding.c %D%/finding.h %D%/findings.def \
	%D%/format.c %D%/format.h \
	%D%/keyform.c %D%/keyform.h \
	%D%/list.c %D%/list.h \
	%D%/lookup.c \
	%D%/mapped.h \
	%D%/overlay.c %D%/overlay.h \
	%D%/probe.c %D%/probe.h \
	%D%/shared.c %D%/shared.h %D%/shared.def \
	%D%/siphash.h
%C%_liblist_la_LIBADD = engine/url/liburl.la base/libbase.la \
	$(SODIUM_LIBS) $(PSL_LIBS)
