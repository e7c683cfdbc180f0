# SPDX-License-Identifier: BSD-2-Clause
# docs/man/: manual pages. Two have their keys from the schema tables; `make
# manual' writes them, tests/check_manual holds them to the tables.
noinst_PROGRAMS += tools/manual
tools_manual_SOURCES = tools/manual.c
tools_manual_LDADD = config/libconfig.la $(FZ_ENGINE) base/libbase.la

GENERATED_MANS = %D%/fanzha.conf.5 %D%/fanzha-rules.5
dist_man_MANS += %D%/fanzhactl.1 $(GENERATED_MANS)
EXTRA_DIST += %D%/fanzha.conf.5.before %D%/fanzha.conf.5.after \
	%D%/fanzha-rules.5.before %D%/fanzha-rules.5.after

.PHONY: manual
manual: tools/manual
	for page in $(GENERATED_MANS); do \
	    tools/manual $${page##*/} $(srcdir)/$$page.before \
	        $(srcdir)/$$page.after > $(srcdir)/$$page.new && \
	    mv $(srcdir)/$$page.new $(srcdir)/$$page || exit 1; \
	done

TESTS += tests/check_manual
EXTRA_DIST += tests/check_manual
