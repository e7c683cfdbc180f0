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

# --- what the sets find, and find wrongly ------------------------------------
#     make evaluate DATA=dir    a folder of labelled messages
evaluate: $(bin_PROGRAMS)
	@$(top_srcdir)/scripts/evaluate.mjs --fanzhactl tools/fanzhactl \
	  --patterns $(top_srcdir)/patterns --own $(top_srcdir)/tests/corpus \
	  --json evaluate.json $(EVALUATE_FLAGS) $(DATA)

CLEANFILES += evaluate.json
EXTRA_DIST += scripts/evaluate.mjs
.PHONY: evaluate
