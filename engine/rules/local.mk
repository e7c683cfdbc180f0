# SPDX-License-Identifier: BSD-2-Clause
# engine/rules/: the rule language: load, lint, compile, scan.
noinst_LTLIBRARIES += %D%/librules.la
%C%_librules_la_SOURCES = \
	%D%/borders.h \
	%D%/builder.h \
	%D%/cache.c %D%/cache.h \
	%D%/chars.c %D%/chars.h \
	%D%/check.c \
	%D%/clause.c \
	%D%/compile.c %D%/compile.h \
	%D%/cost.c %D%/cost.h \
	%D%/digest.c \
	%D%/disguise.c %D%/disguise.h %D%/disguises.def \
	%D%/entities.c %D%/entities.h \
	%D%/evaluate.c \
	%D%/expr.c %D%/expr.h \
	%D%/finish.c \
	%D%/impl.h \
	%D%/intern.c %D%/intern.h \
	%D%/job.c %D%/job.h \
	%D%/keys.c %D%/keys.h \
	%D%/links.c %D%/links.h \
	%D%/lint.c %D%/lint.h \
	%D%/lint_impl.h \
	%D%/lint_same.c \
	%D%/matchdb.c %D%/matchdb.h \
	%D%/model.c %D%/model.h \
	%D%/phrase.c %D%/phrase.h \
	%D%/post.c %D%/post.h \
	%D%/postrun.c \
	%D%/program.h \
	%D%/rarity.c \
	%D%/regex.c %D%/regex.h \
	%D%/ruleset.c %D%/ruleset.h \
	%D%/sample.c \
	%D%/scan.c \
	%D%/scanner.c %D%/scanner.h \
	%D%/scam_classes.def \
	%D%/schema.c %D%/schema.h \
	%D%/set.c \
	%D%/search.c %D%/search.h \
	%D%/seek.c %D%/seek.h \
	%D%/sieve.c %D%/sieve.h %D%/sieve_piece.c %D%/sieve_build.c %D%/sieve_impl.h \
	%D%/sort.c \
	%D%/table.c \
	%D%/tokens.c %D%/tokens.h \
	%D%/tsv.c %D%/tsv.h \
	%D%/when.c %D%/when.h \
	%D%/wording.c %D%/wording.h
%C%_librules_la_LIBADD = $(CONFIG_LIBS) $(HS_LIBS) $(PCRE2_LIBS) -lm

check_LTLIBRARIES += tests/librulekit.la
tests_librulekit_la_SOURCES = tests/rulekit.c tests/rulekit.h
tests_librulekit_la_LIBADD = tests/libsupport.la

check_PROGRAMS += tests/check_phrase
tests_check_phrase_SOURCES = tests/check_phrase.c
tests_check_phrase_LDADD = tests/librulekit.la $(FZ_ENGINE) base/libbase.la

check_PROGRAMS += tests/check_ruleset
tests_check_ruleset_SOURCES = tests/check_ruleset.c
tests_check_ruleset_LDADD = tests/librulekit.la $(FZ_ENGINE) base/libbase.la

# hs_scan is wrapped: the test makes it fail, and turns its order around
check_PROGRAMS += tests/check_scan tests/check_scan_limits
tests_check_scan_SOURCES = tests/check_scan.c
tests_check_scan_LDADD = tests/librulekit.la $(FZ_ENGINE) base/libbase.la
tests_check_scan_limits_SOURCES = tests/check_scan_limits.c
tests_check_scan_limits_LDADD = tests/librulekit.la $(FZ_ENGINE) base/libbase.la
tests_check_scan_limits_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=hs_scan

check_PROGRAMS += tests/check_scan_alloc
tests_check_scan_alloc_SOURCES = tests/check_scan_alloc.c
tests_check_scan_alloc_LDADD = tests/librulekit.la $(FZ_ENGINE) base/libbase.la

# the guess at how rare words are is wrapped: it must not matter
check_PROGRAMS += tests/check_phrase_pcre2
tests_check_phrase_pcre2_SOURCES = tests/check_phrase_pcre2.c
tests_check_phrase_pcre2_LDADD = tests/librulekit.la $(FZ_ENGINE) base/libbase.la
tests_check_phrase_pcre2_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=fz_word_frequency

# the sieve is wrapped: the test takes it away
check_PROGRAMS += tests/check_sieve
tests_check_sieve_SOURCES = tests/check_sieve.c
tests_check_sieve_LDADD = tests/librulekit.la $(FZ_ENGINE) base/libbase.la
tests_check_sieve_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=fz_sieve_sift

# likewise the question for a form's words
check_PROGRAMS += tests/check_wanting
tests_check_wanting_SOURCES = tests/check_wanting.c
tests_check_wanting_LDADD = tests/librulekit.la $(FZ_ENGINE) base/libbase.la
tests_check_wanting_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=fz_clause_is_wanting

check_PROGRAMS += tests/fuzz/fuzz_ruleset tests/fuzz/fuzz_scan
tests_fuzz_fuzz_ruleset_SOURCES = tests/fuzz/fuzz_ruleset.c
tests_fuzz_fuzz_ruleset_LDADD = $(FUZZ_MAIN) $(FZ_ENGINE) base/libbase.la
tests_fuzz_fuzz_scan_SOURCES = tests/fuzz/fuzz_scan.c
tests_fuzz_fuzz_scan_LDADD = $(FUZZ_MAIN) $(FZ_ENGINE) base/libbase.la
tests_fuzz_fuzz_scan_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=fz_sieve_sift

check_PROGRAMS += tests/check_entities
tests_check_entities_SOURCES = tests/check_entities.c
tests_check_entities_LDADD = tests/libsupport.la $(FZ_ENGINE) base/libbase.la

check_PROGRAMS += tests/check_expr
tests_check_expr_SOURCES = tests/check_expr.c
tests_check_expr_LDADD = tests/librulekit.la $(FZ_ENGINE) base/libbase.la

check_PROGRAMS += tests/check_disguise
tests_check_disguise_SOURCES = tests/check_disguise.c
tests_check_disguise_LDADD = tests/libsupport.la $(FZ_ENGINE) base/libbase.la

# hs_compile_multi is wrapped: the test counts what is compiled
check_PROGRAMS += tests/check_rules_cache
tests_check_rules_cache_SOURCES = tests/check_rules_cache.c
tests_check_rules_cache_LDADD = tests/librulekit.la $(FZ_ENGINE) base/libbase.la
tests_check_rules_cache_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=hs_compile_multi

check_PROGRAMS += tests/check_lint
tests_check_lint_SOURCES = tests/check_lint.c
tests_check_lint_LDADD = tests/librulekit.la $(FZ_ENGINE) base/libbase.la

EXTRA_DIST += docs/rules.md tests/fuzz/corpus/ruleset tests/fuzz/corpus/scan
