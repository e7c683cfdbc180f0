# SPDX-License-Identifier: BSD-2-Clause
# control/: the wire of the control socket.
noinst_LTLIBRARIES += %D%/libcontrol.la
%C%_libcontrol_la_SOURCES = \
	%D%/client.c \
	%D%/control.h \
	%D%/request.c %D%/request.h \
	%D%/server.c %D%/server_impl.h \
	%D%/socket.c %D%/socket.h
%C%_libcontrol_la_LIBADD = $(JANSSON_LIBS)

check_PROGRAMS += tests/check_control tests/check_control_socket
tests_check_control_SOURCES = tests/check_control.c \
	tests/control_rig.c tests/control_rig.h
tests_check_control_LDADD = tests/libsupport.la control/libcontrol.la \
	base/libbase.la
tests_check_control_socket_SOURCES = tests/check_control_socket.c \
	tests/control_rig.c tests/control_rig.h
tests_check_control_socket_LDADD = tests/libsupport.la control/libcontrol.la \
	base/libbase.la

check_PROGRAMS += tests/fuzz/fuzz_control
tests_fuzz_fuzz_control_SOURCES = tests/fuzz/fuzz_control.c
tests_fuzz_fuzz_control_LDADD = $(FUZZ_MAIN) control/libcontrol.la \
	base/libbase.la
EXTRA_DIST += tests/fuzz/corpus/control docs/control.md
