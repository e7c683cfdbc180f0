#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""check_folds.py - folding compared with ICU and OpenCC, code point by code point

What others make of a character is ICU's NFKC_Casefold and then OpenCC's t2s
(the installed programs, not the tables that generate_tables.py read). Every
code point whose folded form differs must stand in
tests/data/fold_differences.tsv, with both forms and the class of the
difference; a class is a reason, and is explained in that file. A difference
that is not listed, or a listed one that is not there, fails.

Usage: check_folds.py DUMP [--update], DUMP being what tests/dump_folds prints.
Exit status 77 (skipped) without python3-icu 72 or opencc.
"""
import os
import re
import subprocess
import sys
import unicodedata

TOP = os.environ.get("top_srcdir", os.path.join(os.path.dirname(__file__), ".."))
LIST = os.path.join(TOP, "tests/data/fold_differences.tsv")

CLASSES = {
    "accent": "accents are taken off Latin, Greek and Cyrillic letters: they "
              "are typed or left out at will",
    "variant": "a Latin letter in another form that does not decompose (small "
               "capital, with a stroke, hook or tail) reads as the letter",
    "mark": "a combining mark that spells in no script is taken off",
    "enclosed": "a letter or digit in a circle, square or brackets reads as "
                "itself",
    "digit": "a digit of any script reads as the ASCII one",
    "control": "controls show as nothing",
    "space": "white space of any kind is a space",
    "accent-space": "a spacing accent is a space: the form that Unicode gives "
                    "has one, and a mark that is taken off",
    "kana": "kana with a voicing mark stay decomposed, so that half-width ones "
            "are the same",
    "radical": "a radical or stroke reads as the character it is",
    "japanese": "a form that only Japanese has reads as the Chinese character",
    "dot": "a full stop of any width reads as one, and as the dot of a host "
           "between host characters: neighbours decide, not the character",
    "curated": "a line of engine/text/curated.tsv, with its reason there",
    "trimmed": "a space at the end of what a character folds to is left out",
}


# reserved for marks in blocks of marks
UNASSIGNED_MARKS = {*range(0x1ACF, 0x1B00), *range(0x20F1, 0x2100)}


def is_gb2312(char):
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def code_points(field):
    return "".join(chr(int(x, 16)) for x in field.split())


def spell(text):
    return " ".join(f"{ord(c):X}" for c in text) or "-"


def others():
    """code point -> NFKC_Casefold, then t2s."""
    import icu
    if not icu.UNICODE_VERSION.startswith("15.0"):
        raise ImportError("ICU of Unicode " + icu.UNICODE_VERSION)
    nfkc = icu.Normalizer2.getNFKCCasefoldInstance()
    cps = [cp for cp in range(0x110000) if not 0xD800 <= cp <= 0xDFFF
           and (cp <= 0x323AF or 0xE0000 <= cp <= 0xE0FFF)]
    forms = {cp: nfkc.normalize(chr(cp)) for cp in cps}
    han = sorted({f for f in forms.values()
                  if any(0x2E80 <= ord(c) <= 0x323AF for c in f)})
    done = subprocess.run(["opencc", "-c", "t2s.json"], check=True,
                          input="\n".join(han), capture_output=True,
                          encoding="utf-8").stdout.split("\n")
    simple = dict(zip(han, done))
    return {cp: simple.get(f, f) for cp, f in forms.items()}


class Explain:
    """The class of a difference, from Unicode's data (Python's own copy and
    the names) and the curated list."""

    def __init__(self):
        self.curated = {}
        with open(os.path.join(TOP, "engine/text/curated.tsv"),
                  encoding="utf-8") as file:
            for line in file:
                row = line.split("\t")
                if len(row) == 7 and row[0] in ("fold", "mute"):
                    self.curated[int(row[1][2:], 16)] = row[3]

    def __call__(self, cp, want, got):
        import icu
        c = chr(cp)
        name, kind = icu.Char.charName(c), icu.Char.charType(c)
        is_mark = icu.Char.charType(c) in (icu.UCharCategory.NON_SPACING_MARK,
                                           icu.UCharCategory.ENCLOSING_MARK)
        if cp in self.curated or any(ord(w) in self.curated for w in want):
            return "curated"
        if "。" in (want, got):
            return "dot"
        if kind == icu.UCharCategory.CONTROL_CHAR and got == "":
            return "control"
        if got == " ":
            return "space" if want.isspace() or cp == 0x2800 else "accent-space"
        if want.strip() == got:
            return "trimmed"
        if got == "" and (is_mark or not name and cp in UNASSIGNED_MARKS):
            return "mark"
        decomposed = unicodedata.normalize("NFD", want)
        if decomposed == got and re.search("[\u3099\u309a]", got):
            return "kana"
        if re.search("CIRCLED|SQUARED|PARENTHESIZED|REGIONAL|TORTOISE|DINGBAT",
                     name):
            return "enclosed"
        if re.fullmatch("[0-9]", got) and icu.Char.getIntPropertyValue(
                c, icu.UProperty.NUMERIC_TYPE) in (1, 2):  # decimal, digit
            return "digit"
        if name.startswith(("CJK RADICAL", "KANGXI", "CJK STROKE")):
            return "radical"
        stripped = "".join(x for x in decomposed
                           if not unicodedata.combining(x))
        if stripped == got:
            return "accent"
        if got.isascii() and ("LATIN" in name or "LATIN" in icu.Char.charName(
                stripped[0]) or name == "PLANCK CONSTANT OVER TWO PI"):
            return "variant"
        if "CJK" in name and not any(is_gb2312(x) for x in want):
            return "japanese"
        return "?"


def read_list():
    rows = {}
    with open(LIST, encoding="utf-8") as file:
        for line in file:
            if line.startswith(("#", "code\t")):
                continue
            code, _, want, got, reason = line.rstrip("\n").split("\t")
            rows[int(code[2:], 16)] = (want, got, reason)
    return rows


def write_list(rows):
    with open(LIST, "w", encoding="utf-8") as file:
        file.write("# Where folding differs from ICU's NFKC_Casefold and "
                   "OpenCC's t2s: read and written\n# (--update) by "
                   "tests/check_folds.py, reviewed when it changes. Classes:\n")
        used = {row[2] for row in rows.values()}
        for name, reason in CLASSES.items():
            if name in used:
                count = sum(row[2] == name for row in rows.values())
                file.write(f"#   {name} ({count}): {reason}\n")
        file.write("code\tchar\tothers\tours\tclass\n")
        for cp, (want, got, reason) in sorted(rows.items()):
            c = chr(cp) if chr(cp).isprintable() and not unicodedata.combining(
                chr(cp)) else " "
            file.write(f"U+{cp:04X}\t{c}\t{want}\t{got}\t{reason}\n")


def main():
    ours = {}
    with open(sys.argv[1], encoding="ascii") as file:
        for line in file:
            cp, fold, _ = line.rstrip("\n").split(";")
            ours[int(cp, 16)] = code_points(fold)
    try:
        theirs = others()
    except (ImportError, FileNotFoundError) as problem:
        print(f"check_folds: skipped: {problem}")
        return 77
    explain, found = Explain(), {}
    for cp, want in theirs.items():
        got = ours.get(cp, chr(cp))
        if got != want:
            found[cp] = (spell(want), spell(got), explain(cp, want, got))
    if "--update" in sys.argv:
        write_list(found)
    bad, listed = 0, read_list()
    for cp in sorted(found.keys() | listed.keys()):
        if found.get(cp) != listed.get(cp) or found[cp][2] not in CLASSES:
            bad += 1
            if bad <= 20:
                print(f"U+{cp:04X}: seen {found.get(cp)}, listed "
                      f"{listed.get(cp)}", file=sys.stderr)
    print(f"check_folds: {len(theirs)} code points, {len(found)} differ, "
          f"{bad} not as listed")
    return bad != 0


sys.exit(main())
