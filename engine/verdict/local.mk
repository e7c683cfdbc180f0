# SPDX-License-Identifier: BSD-2-Clause
# engine/verdict/: policy and precedence, decide, rewrite, explain, record.
noinst_LTLIBRARIES += %D%/libverdict.la
%C%_libverdict_la_SOURCES = \
	%D%/asked.c %D%/asked.h \
	%D%/cases.c %D%/cases.h \
	%D%/ceiling.c \
	%D%/clusters.c \
	%D%/coding.c %D%/coding.h \
	%D%/decide.c \
	%D%/explain.c %D%/explain.h \
	%D%/gsm.c \
	%D%/judge.c \
	%D%/muted.c %D%/muted.h \
	%D%/links.c %D%/links.h \
	%D%/policy.c %D%/policy.h \
	%D%/reasons.c \
	%D%/record.c %D%/record.h \
	%D%/reputation.c %D%/reputation.h \
	%D%/record_line.c \
	%D%/rewrite.c %D%/rewrite.h \
	%D%/verdict.h
%C%_libverdict_la_LIBADD = $(JANSSON_LIBS)

# Deciding and rewriting are tested over rules that the test states.
check_LTLIBRARIES += tests/libfakerules.la
tests_libfakerules_la_SOURCES = tests/fake_rules.c tests/fake_rules.h

check_PROGRAMS += tests/check_policy
tests_check_policy_SOURCES = tests/check_policy.c
tests_check_policy_LDADD = tests/libsupport.la %D%/libverdict.la \
	base/libbase.la

check_PROGRAMS += tests/check_decide
tests_check_decide_SOURCES = tests/check_decide.c
tests_check_decide_LDADD = tests/libsupport.la %D%/libverdict.la \
	tests/libfakerules.la base/libbase.la

check_PROGRAMS += tests/check_gsm
tests_check_gsm_SOURCES = tests/check_gsm.c
tests_check_gsm_LDADD = tests/libsupport.la %D%/libverdict.la base/libbase.la

check_PROGRAMS += tests/check_rewrite
tests_check_rewrite_SOURCES = tests/check_rewrite.c
tests_check_rewrite_LDADD = tests/libsupport.la %D%/libverdict.la \
	tests/libfakerules.la engine/decode/libdecode.la base/libbase.la

check_PROGRAMS += tests/fuzz/fuzz_rewrite
tests_fuzz_fuzz_rewrite_SOURCES = tests/fuzz/fuzz_rewrite.c
tests_fuzz_fuzz_rewrite_LDADD = $(FUZZ_MAIN) %D%/libverdict.la \
	tests/libfakerules.la engine/decode/libdecode.la base/libbase.la

check_PROGRAMS += tests/check_verdict
tests_check_verdict_SOURCES = tests/check_verdict.c
tests_check_verdict_LDADD = tests/librulekit.la $(FZ_ENGINE) base/libbase.la

check_PROGRAMS += tests/check_record
tests_check_record_SOURCES = tests/check_record.c
tests_check_record_LDADD = tests/librulekit.la $(FZ_ENGINE) base/libbase.la

check_PROGRAMS += tests/check_reputation
tests_check_reputation_SOURCES = tests/check_reputation.c
tests_check_reputation_LDADD = tests/librulekit.la tests/liblistkit.la \
	engine/list/liblistbuild.la $(FZ_ENGINE) base/libbase.la

check_PROGRAMS += tests/check_dns
tests_check_dns_SOURCES = tests/check_dns.c
tests_check_dns_LDADD = $(tests_check_reputation_LDADD)
