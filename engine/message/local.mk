# SPDX-License-Identifier: BSD-2-Clause
# engine/message/: what a message is to us.
noinst_LTLIBRARIES += %D%/libmessage.la
%C%_libmessage_la_SOURCES = %D%/message.c %D%/message.h
