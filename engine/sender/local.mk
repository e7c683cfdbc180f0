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
	%D%/idn.c %D%/idn.h \
	%D%/link.c \
	%D%/lint.c \
	%D%/look.c %D%/look.h \
	%D%/names.c %D%/names.h \
	%D%/owner.c \
	%D%/sender.h \
	%D%/sheet.c %D%/sheet.h \
	%D%/table.h

EXTRA_DIST += docs/senders.md

check_PROGRAMS += tests/check_sender
tests_check_sender_SOURCES = tests/check_sender.c tests/sender_kit.c \
	tests/sender_kit.h
tests_check_sender_LDADD = tests/librulekit.la $(FZ_ENGINE) base/libbase.la

check_PROGRAMS += tests/check_sender_files
tests_check_sender_files_SOURCES = tests/check_sender_files.c \
	tests/sender_kit.c tests/sender_kit.h
tests_check_sender_files_LDADD = tests/libsupport.la $(FZ_ENGINE) base/libbase.la

check_PROGRAMS += tests/fuzz/fuzz_senders
tests_fuzz_fuzz_senders_SOURCES = tests/fuzz/fuzz_senders.c
tests_fuzz_fuzz_senders_LDADD = $(FUZZ_MAIN) $(FZ_ENGINE) base/libbase.la
EXTRA_DIST += tests/fuzz/corpus/senders
