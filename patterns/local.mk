# SPDX-License-Identifier: BSD-2-Clause
# patterns/: the rule sets that are shipped, each a folder.
cnstarterdir = $(patternsdir)/cn-starter
dist_cnstarter_DATA = %D%/cn-starter/rules.conf %D%/cn-starter/cases.tsv \
	%D%/cn-starter/README.md
enstarterdir = $(patternsdir)/en-starter
dist_enstarter_DATA = %D%/en-starter/rules.conf %D%/en-starter/cases.tsv \
	%D%/en-starter/README.md

check_PROGRAMS += tests/check_patterns
tests_check_patterns_SOURCES = tests/check_patterns.c
tests_check_patterns_LDADD = tests/libsupport.la $(FZ_ENGINE) base/libbase.la
