# SPDX-License-Identifier: BSD-2-Clause
# config/: fanzha.conf, what it says about the process and what about a
# generation.
noinst_LTLIBRARIES += %D%/libconfig.la
%C%_libconfig_la_SOURCES = \
	%D%/archive.c %D%/archive.h \
	%D%/bundle.c %D%/bundle.h \
	%D%/config.c %D%/config.h \
	%D%/fanzha_conf.c %D%/fanzha_conf.h \
	%D%/override.c %D%/override.h \
	%D%/policy.c %D%/policy.h \
	%D%/schema.c %D%/schema.h \
	%D%/tree.c %D%/tree.h
%C%_libconfig_la_LIBADD = base/libbase.la $(CONFIG_LIBS) -lm
