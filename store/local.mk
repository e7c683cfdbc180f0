# SPDX-License-Identifier: BSD-2-Clause
# store/: held messages, decisions and the audit trail, behind one door.
noinst_LTLIBRARIES += %D%/libstore.la
%C%_libstore_la_SOURCES = \
	%D%/audit.c %D%/audit.h \
	%D%/backend.h \
	%D%/encode.c %D%/encode.h \
	%D%/held.c %D%/held.h \
	%D%/part.c %D%/part.h \
	%D%/pending.c %D%/pending.h \
	%D%/seal.c %D%/seal.h \
	%D%/shadow.c %D%/shadow.h \
	%D%/sqlite_open.c %D%/sqlite_impl.h \
	%D%/sqlite_shadow.c \
	%D%/store.c %D%/store.h %D%/store_impl.h \
	%D%/store_shadow.c \
	%D%/store_sqlite.c \
	%D%/writer.c %D%/writer.h
nodist_%C%_libstore_la_SOURCES = %D%/schema_sql.h
%C%_libstore_la_LIBADD = $(SQLITE_LIBS) $(SODIUM_LIBS)

# The schema steps, in order, as an array of C strings.
FZ_SCHEMA_STEPS = %D%/schema/001.sql %D%/schema/002.sql \
	%D%/schema/003.sql %D%/schema/004.sql
EXTRA_DIST += $(FZ_SCHEMA_STEPS) scripts/embed-sql
BUILT_SOURCES += %D%/schema_sql.h
CLEANFILES += %D%/schema_sql.h
%D%/schema_sql.h: $(FZ_SCHEMA_STEPS) $(top_srcdir)/scripts/embed-sql
	$(AM_V_GEN)$(MKDIR_P) %D% && cd $(top_srcdir) && \
	  scripts/embed-sql $(FZ_SCHEMA_STEPS) >$(abs_top_builddir)/$@.new && \
	  mv $(abs_top_builddir)/$@.new $(abs_top_builddir)/$@
%D%/sqlite_open.lo: %D%/schema_sql.h

check_PROGRAMS += tests/check_store
tests_check_store_SOURCES = tests/check_store.c \
	tests/store_support.c tests/store_support.h
tests_check_store_LDADD = tests/libsupport.la store/libstore.la \
	base/libbase.la

check_PROGRAMS += tests/check_store_audit
tests_check_store_audit_SOURCES = tests/check_store_audit.c \
	tests/store_support.c tests/store_support.h
tests_check_store_audit_LDADD = tests/libsupport.la store/libstore.la \
	base/libbase.la

check_PROGRAMS += tests/check_store_open
tests_check_store_open_SOURCES = tests/check_store_open.c \
	tests/store_support.c tests/store_support.h
tests_check_store_open_LDADD = tests/libsupport.la store/libstore.la \
	base/libbase.la

check_PROGRAMS += tests/check_store_parts
tests_check_store_parts_SOURCES = tests/check_store_parts.c \
	tests/faulty_vfs.c tests/faulty_vfs.h tests/store_support.c \
	tests/store_support.h
tests_check_store_parts_LDADD = tests/libsupport.la store/libstore.la \
	base/libbase.la

check_PROGRAMS += tests/check_store_shadow
tests_check_store_shadow_SOURCES = tests/check_store_shadow.c \
	tests/store_support.c tests/store_support.h
tests_check_store_shadow_LDADD = tests/libsupport.la store/libstore.la \
	base/libbase.la $(SQLITE_LIBS)

check_PROGRAMS += tests/check_store_queue
tests_check_store_queue_SOURCES = tests/check_store_queue.c \
	tests/store_support.c tests/store_support.h
tests_check_store_queue_LDADD = tests/libsupport.la store/libstore.la \
	base/libbase.la

check_PROGRAMS += tests/check_store_faults
tests_check_store_faults_SOURCES = tests/check_store_faults.c \
	tests/faulty_vfs.c tests/faulty_vfs.h tests/store_support.c \
	tests/store_support.h
tests_check_store_faults_LDADD = tests/libsupport.la store/libstore.la \
	base/libbase.la

noinst_PROGRAMS += bench/bench-store
bench_bench_store_SOURCES = bench/bench-store.c
bench_bench_store_LDADD = store/libstore.la base/libbase.la -lm
