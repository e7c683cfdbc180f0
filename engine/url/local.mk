# SPDX-License-Identifier: BSD-2-Clause
# engine/url/: links and contacts.
noinst_LTLIBRARIES += %D%/liburl.la
%C%_liburl_la_SOURCES = \
	%D%/canonical.c %D%/canonical.h \
	%D%/contact.c \
	%D%/extract.c \
	%D%/find.h \
	%D%/found.c %D%/found.h \
	%D%/glance.c \
	%D%/grow.c %D%/grow.h \
	%D%/host.c \
	%D%/key.h \
	%D%/number.c \
	%D%/octets.h \
	%D%/tables.c \
	%D%/url.h %D%/urls.c
%C%_liburl_la_LIBADD = $(IDN2_LIBS) $(PSL_LIBS)

# The links and contacts of texts, as JSON lines: for measuring
noinst_PROGRAMS += tests/measure_urls
tests_measure_urls_SOURCES = tests/measure_urls.c
tests_measure_urls_LDADD = engine/url/liburl.la engine/text/libtext.la \
	engine/decode/libdecode.la base/libbase.la $(JANSSON_LIBS)

check_PROGRAMS += tests/check_canonical
tests_check_canonical_SOURCES = tests/check_canonical.c
tests_check_canonical_LDADD = tests/libsupport.la engine/url/liburl.la \
	engine/text/libtext.la base/libbase.la $(JANSSON_LIBS)

check_PROGRAMS += tests/check_links
tests_check_links_SOURCES = tests/check_links.c tests/urlkit.c tests/urlkit.h
tests_check_links_LDADD = tests/libsupport.la engine/url/liburl.la \
	engine/text/libtext.la engine/decode/libdecode.la base/libbase.la

check_PROGRAMS += tests/check_url_tables
tests_check_url_tables_SOURCES = tests/check_url_tables.c
tests_check_url_tables_LDADD = tests/libsupport.la engine/url/liburl.la \
	engine/text/libtext.la base/libbase.la

check_PROGRAMS += tests/check_glance
tests_check_glance_SOURCES = tests/check_glance.c tests/urlkit.c tests/urlkit.h
tests_check_glance_LDADD = tests/libsupport.la engine/url/liburl.la \
	engine/text/libtext.la engine/decode/libdecode.la base/libbase.la

check_PROGRAMS += tests/fuzz/fuzz_canonical
tests_fuzz_fuzz_canonical_SOURCES = tests/fuzz/fuzz_canonical.c
tests_fuzz_fuzz_canonical_LDADD = $(FUZZ_MAIN) engine/url/liburl.la \
	engine/text/libtext.la base/libbase.la
EXTRA_DIST += tests/fuzz/corpus/canonical

check_PROGRAMS += tests/fuzz/fuzz_extract
tests_fuzz_fuzz_extract_SOURCES = tests/fuzz/fuzz_extract.c
tests_fuzz_fuzz_extract_LDADD = $(FUZZ_MAIN) engine/url/liburl.la \
	engine/text/libtext.la engine/decode/libdecode.la base/libbase.la
EXTRA_DIST += tests/fuzz/corpus/extract
EXTRA_DIST += docs/links.md
