# SPDX-License-Identifier: BSD-2-Clause
# tests/rig/: starts a real gateway for tests and the demo (JavaScript), and
# what the rig needs in C.
noinst_PROGRAMS += tests/rig/read_store
tests_rig_read_store_SOURCES = tests/rig/read_store.c
tests_rig_read_store_LDADD = store/libstore.la base/libbase.la \
	$(JANSSON_LIBS)
EXTRA_DIST += tests/rig/package.json tests/rig/package-lock.json
