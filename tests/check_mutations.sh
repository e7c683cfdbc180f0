#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Words hidden as fraud messages hide them are found again in at least 95 of
# 100 cases of each kind: tests/mutate/mutate.py hides, measure looks. The words
# are those of the shipped pattern sets (of words.txt without them).
# Skipped (77) without Unicode's files and python3-icu.
#
#     check_mutations.sh [--each N] [--seed N]
set -u
/usr/bin/python3 -c 'import icu' 2>/dev/null &&
    [ -f /usr/share/unicode/Unihan_Variants.txt.bz2 ] || {
    echo "check_mutations: skipped, not installed: python3-icu or unicode-data"
    exit 77
}
cases=$(mktemp) || exit 1
trap 'rm -f "$cases"' EXIT
run() {
    /usr/bin/python3 "$top_srcdir/tests/mutate/mutate.py" "$@" >"$cases" &&
        "$top_builddir/tests/mutate/measure" words <"$cases"
}
run "$@" || exit 1
if ls "$top_srcdir"/patterns/*/rules.conf >/dev/null 2>&1; then
    echo "words of the shipped sets:"
    run "$@" --patterns "$top_srcdir/patterns" || exit 1
fi
