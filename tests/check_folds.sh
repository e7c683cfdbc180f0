#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Folding compared with ICU and OpenCC: see tests/check_folds.py.
set -u
dump=$(mktemp) || exit 1
trap 'rm -f "$dump"' EXIT
"$top_builddir/tests/dump_folds" >"$dump" || exit 1
[ -x /usr/bin/python3 ] || { echo "check_folds: skipped, no python3"; exit 77; }
/usr/bin/python3 "$top_srcdir/tests/check_folds.py" "$dump" "$@"
