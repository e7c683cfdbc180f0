#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The committed Unicode tables are, octet for octet, what generate_tables.py
# makes. Skipped (77) where the packages it reads are not those it was run on.
set -u
room=$top_srcdir/engine/text
made=$(mktemp -d) || exit 1
trap 'rm -rf "$made"' EXIT

missing=
/usr/bin/python3 -c 'import icu; assert icu.ICU_VERSION == "72.1"' 2>/dev/null ||
    missing="$missing python3-icu (ICU 72.1)"
head -1 /usr/share/unicode/Scripts.txt 2>/dev/null | grep -q 'Scripts-15.0' ||
    missing="$missing unicode-data (15.0)"
[ -f /usr/share/unicode/emoji/emoji-data.txt ] ||
    missing="$missing unicode-data (emoji)"
[ -f /usr/share/opencc/TSCharacters.ocd2 ] ||
    missing="$missing libopencc-data"
command -v opencc_dict >/dev/null || missing="$missing opencc"
if [ -n "$missing" ]; then
    echo "check_tables: skipped, not installed:$missing"
    exit 77
fi

/usr/bin/python3 "$room/generate_tables.py" --tables "$made/unicode_tables.h" \
    --review "$made/confusables_review.tsv" || exit 1
for name in unicode_tables.h confusables_review.tsv; do
    cmp "$room/$name" "$made/$name" || {
        echo "check_tables: $name is not what the tool makes: run" \
            "make unicode-tables, look at the differences, commit" >&2
        exit 1
    }
done
echo "check_tables: both files are as the tool makes them"
