# SPDX-License-Identifier: BSD-2-Clause
# engine/signal/: the one currency, and the registry of its names.
noinst_LTLIBRARIES += %D%/libsignal.la
%C%_libsignal_la_SOURCES = %D%/signal.c %D%/signal.h %D%/signals.def

check_PROGRAMS += tests/check_signal
tests_check_signal_SOURCES = tests/check_signal.c
tests_check_signal_LDADD = tests/libsupport.la %D%/libsignal.la base/libbase.la
