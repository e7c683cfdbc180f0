# SPDX-License-Identifier: BSD-2-Clause
# patterns/: the rule sets that are shipped, a folder each.
fzdatadir = $(datadir)/fanzha
nobase_dist_fzdata_DATA = \
	%D%/brands.tsv \
	%D%/cn-acquaintance/README.md %D%/cn-acquaintance/cases.tsv %D%/cn-acquaintance/rules.conf \
	%D%/cn-adult/README.md %D%/cn-adult/cases.tsv %D%/cn-adult/rules.conf \
	%D%/cn-authority/README.md %D%/cn-authority/cases.tsv %D%/cn-authority/rules.conf \
	%D%/cn-bank/README.md %D%/cn-bank/cases.tsv %D%/cn-bank/rules.conf \
	%D%/cn-code/README.md %D%/cn-code/cases.tsv %D%/cn-code/rules.conf \
	%D%/cn-documents/README.md %D%/cn-documents/cases.tsv %D%/cn-documents/rules.conf \
	%D%/cn-gambling/README.md %D%/cn-gambling/cases.tsv %D%/cn-gambling/rules.conf \
	%D%/cn-insurance/README.md %D%/cn-insurance/cases.tsv %D%/cn-insurance/rules.conf \
	%D%/cn-invest/README.md %D%/cn-invest/cases.tsv %D%/cn-invest/rules.conf \
	%D%/cn-loan/README.md %D%/cn-loan/cases.tsv %D%/cn-loan/rules.conf \
	%D%/cn-official/README.md %D%/cn-official/cases.tsv %D%/cn-official/rules.conf \
	%D%/cn-parcel-etc/README.md %D%/cn-parcel-etc/cases.tsv %D%/cn-parcel-etc/rules.conf \
	%D%/cn-person/README.md %D%/cn-person/cases.tsv %D%/cn-person/rules.conf \
	%D%/cn-prize/README.md %D%/cn-prize/cases.tsv %D%/cn-prize/rules.conf \
	%D%/cn-rebate/README.md %D%/cn-rebate/cases.tsv %D%/cn-rebate/rules.conf \
	%D%/cn-service/README.md %D%/cn-service/cases.tsv %D%/cn-service/rules.conf \
	%D%/en-account/README.md %D%/en-account/cases.tsv %D%/en-account/rules.conf \
	%D%/en-bank/README.md %D%/en-bank/cases.tsv %D%/en-bank/rules.conf \
	%D%/en-code/README.md %D%/en-code/cases.tsv %D%/en-code/rules.conf \
	%D%/en-crypto/README.md %D%/en-crypto/cases.tsv %D%/en-crypto/rules.conf \
	%D%/en-family/README.md %D%/en-family/cases.tsv %D%/en-family/rules.conf \
	%D%/en-job/README.md %D%/en-job/cases.tsv %D%/en-job/rules.conf \
	%D%/en-loan/README.md %D%/en-loan/cases.tsv %D%/en-loan/rules.conf \
	%D%/en-official/README.md %D%/en-official/cases.tsv %D%/en-official/rules.conf \
	%D%/en-parcel/README.md %D%/en-parcel/cases.tsv %D%/en-parcel/rules.conf \
	%D%/en-premium/README.md %D%/en-premium/cases.tsv %D%/en-premium/rules.conf \
	%D%/en-prize/README.md %D%/en-prize/cases.tsv %D%/en-prize/rules.conf \
	%D%/en-tax/README.md %D%/en-tax/cases.tsv %D%/en-tax/rules.conf \
	%D%/en-toll/README.md %D%/en-toll/cases.tsv %D%/en-toll/rules.conf

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
