# SPDX-License-Identifier: BSD-2-Clause
# engine/sender/: who speaks, and what a message claims.
noinst_LTLIBRARIES += %D%/libsender.la
%C%_libsender_la_SOURCES = \
	%D%/address.c \
	%D%/brand_classes.def \
	%D%/build.c \
	%D%/claims.c %D%/claims.h \
	%D%/classes.c \
	%D%/host.c \
	%D%/look.c \
	%D%/names.c %D%/names.h \
	%D%/sender.h \
	%D%/sheet.c %D%/sheet.h \
	%D%/table.h

EXTRA_DIST += docs/senders.md
