#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""generate_tables.py - what every code point is in the views of a text

Reads Debian's unicode-data (15.0), ICU's confusables (python3-icu 72),
OpenCC's character tables (opencc 1.1.6), curated.tsv and strokes.tsv; writes
unicode_tables.h and confusables_review.tsv, the same octets every time. Run
only when one of these changes (`make unicode-tables'); what it wrote is
committed, and nothing of this is needed to build or to run.

Every view is derived from the original code point, never from another view
(docs/text.md). The checks at the end stop the tool: fold is a fixed point, no
ASCII letter or digit changes but case, the tables stay below 256 KB.
"""
import argparse
import collections
import os
import re
import subprocess
import sys
import tempfile

import icu

UNICODE = "/usr/share/unicode"
OPENCC = "/usr/share/opencc"
PAGE = 32  # code points a page of the trie
LAST = 0xE0FFF
HAN_ONLY = 0x30000  # up to 0x3FFFF every code point is as 0x20000
TAGS = 0xE0000  # the rest up to here is unassigned
LIMIT_OCTETS = 256 * 1024

CLASSES = ["OTHER", "SPACE", "SIGN", "LETTER", "HAN", "DIGIT", "IGNORED",
           "MARK", "BREAK"]
SCRIPTS = ["COMMON", "LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "HAN", "KANA",
           "HANGUL", "ARABIC", "HEBREW", "BRAHMIC", "OTHER"]
FLAGS = ["FULLWIDTH", "ENCLOSED", "MATH", "TRADITIONAL", "CONFUSABLE",
         "EMOJI", "PICTURE", "HEART", "REGIONAL", "SEVERAL", "DOT", "BIDI",
         "TAG", "VARIATION", "ORDINARY", "LEET"]
NO_DIGIT = 15


# --- sources ------------------------------------------------------------------
def unicode_rows(name):
    """(first, last, fields) of each line of a file of the UCD."""
    with open(os.path.join(UNICODE, name), encoding="utf-8") as file:
        for line in file:
            line = line.split("#")[0].strip()
            if not line:
                continue
            fields = [f.strip() for f in line.split(";")]
            first, _, last = fields[0].partition("..")
            yield int(first, 16), int(last or first, 16), fields[1:]


def read_properties(name, wanted):
    """code points of each wanted property of a `range ; property' file."""
    found = {w: set() for w in wanted}
    for first, last, fields in unicode_rows(name):
        if fields[0] in found:
            found[fields[0]].update(range(first, last + 1))
    return found


def read_opencc(name):
    """First target of each row of an OpenCC dictionary of characters."""
    with tempfile.NamedTemporaryFile(suffix=".txt") as dump:
        subprocess.run(["opencc_dict", "-i", f"{OPENCC}/{name}.ocd2", "-f",
                        "ocd2", "-t", "text", "-o", dump.name], check=True,
                       stdout=subprocess.DEVNULL)
        with open(dump.name, encoding="utf-8") as file:
            rows = [line.rstrip("\n").split("\t") for line in file]
    return {ord(a): ord(b.split(" ")[0]) for a, b in rows if len(a) == 1
            and len(b.split(" ")[0]) == 1}


def in_gb2312(cp):
    try:
        chr(cp).encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


class Curated:
    """curated.tsv: kind -> {code point: what it is read as}."""

    def __init__(self, path):
        self.kind = collections.defaultdict(dict)
        with open(path, encoding="utf-8") as file:
            rows = [line.rstrip("\n").split("\t") for line in file
                    if not line.startswith("#")]
        if rows[0] != ["kind", "code", "char", "to", "sample", "want",
                       "reason"]:
            sys.exit(f"{path}: the columns are not the known ones")
        for row in rows[1:]:
            if len(row) != 7 or not row[6]:
                sys.exit(f"{path}: {row}: a cell is missing")
            cp = int(row[1][2:], 16)
            if row[2] not in (chr(cp), f"\\u{{{cp:X}}}"):
                sys.exit(f"{path}: {row}: code and char differ")
            if cp in self.kind[row[0]]:
                sys.exit(f"{path}: {row}: is there twice")
            self.kind[row[0]][cp] = row[3]


class Unicode:
    """What the UCD says of each code point."""

    def __init__(self):
        self.name, self.category, self.numeric = {}, {}, {}
        self.digit, self.script, self.radical = {}, {}, {}
        self.decomposition = {}
        start = None
        for first, _, f in unicode_rows("UnicodeData.txt"):
            if f[0].endswith(", First>"):
                start = first
                continue
            for cp in range(start if f[0].endswith(", Last>") else first,
                            first + 1):
                self.name[cp], self.category[cp] = f[0], f[1]
                self.decomposition[cp] = f[4]
                if f[6]:  # Brahmi and Ethiopic digits are no decimals
                    self.digit[cp] = f[6]
                if f[7] and "/" not in f[7] and len(f[7]) <= 2:
                    self.numeric[cp] = f[7]
            start = None
        for first, last, f in unicode_rows("Scripts.txt"):
            for cp in range(first, last + 1):
                self.script[cp] = f[0]
        for first, last, f in unicode_rows("EquivalentUnifiedIdeograph.txt"):
            for cp in range(first, last + 1):
                self.radical[cp] = int(f[0], 16)
        core = read_properties("DerivedCoreProperties.txt",
                               ["Default_Ignorable_Code_Point"])
        self.ignorable = core["Default_Ignorable_Code_Point"]
        emoji = read_properties("emoji/emoji-data.txt",
                                ["Emoji", "Emoji_Presentation",
                                 "Extended_Pictographic"])
        self.emoji = {cp for cp in emoji["Emoji"]
                      | emoji["Extended_Pictographic"] if cp > 0xFF}
        self.white = read_properties("PropList.txt",
                                     ["White_Space"])["White_Space"]
        self.flags = set()
        for _, _, f in read_flag_rows():
            self.flags.add(f)


def read_flag_rows():
    """Pairs of regional indicators that are flags."""
    with open(f"{UNICODE}/emoji/emoji-sequences.txt",
              encoding="utf-8") as file:
        for line in file:
            fields = line.split("#")[0].split(";")
            if len(fields) > 1 and fields[1].strip() == "RGI_Emoji_Flag_Sequence":
                pair = tuple(int(x, 16) - 0x1F1E6 for x in fields[0].split())
                yield 0, 0, pair


# --- folding ------------------------------------------------------------------
# Combining marks that are taken off any letter. Those of other scripts (vowel
# signs of Thai and the Indic ones, Arabic points, kana voicing) spell.
MARK_BLOCKS = [(0x0300, 0x036F), (0x0483, 0x0489), (0x1AB0, 0x1AFF),
               (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0x2DE0, 0x2DFF),
               (0xA66F, 0xA672), (0xA674, 0xA67D), (0xA69E, 0xA69F),
               (0xFE20, 0xFE2F)]
DOTS = [0x3002, 0xFF0E, 0xFF61, 0x2024, 0xFE52]
DOT_AS = 0x3002  # where it is no dot between host characters
SPACED_MARKS = re.compile("^ [\u0300-\u036f]+$")
ENCLOSED_NAME = re.compile(
    "^(?:NEGATIVE |CROSSED NEGATIVE )?(?:CIRCLED|SQUARED|PARENTHESIZED|"
    "TORTOISE SHELL BRACKETED|DOUBLE CIRCLED|DINGBAT NEGATIVE CIRCLED|"
    "DINGBAT CIRCLED SANS-SERIF|DINGBAT NEGATIVE CIRCLED SANS-SERIF|"
    "NEGATIVE CIRCLED|NEGATIVE SQUARED|CIRCLED ITALIC|CIRCLED BOLD ITALIC)\\b")
LETTER_NAME = re.compile("^.*LATIN (?:SMALL|CAPITAL) LETTER ([A-Z])$")
SQUARED_WORD = re.compile("^SQUARED (CL|COOL|FREE|ID|NEW|NG|OK|SOS|VS)$")
VARIANT_LETTER = re.compile(
    "^LATIN (?:SMALL LETTER|CAPITAL LETTER|LETTER SMALL CAPITAL) "
    "([A-Z])(?: WITH .*)?$")


class Folder:
    """fold(code point): what the folded view has in its place."""

    def __init__(self, ucd, curated):
        self.ucd, self.curated = ucd, curated
        self.nfkc_cf = icu.Normalizer2.getNFKCCasefoldInstance()
        self.nfd = icu.Normalizer2.getNFDInstance()
        self.simplified = read_opencc("TSCharacters")
        for cp, to in read_opencc("JPVariantsRev").items():
            # forms that only Japanese has: not one that GB 2312 writes
            if cp not in self.simplified and not in_gb2312(cp):
                self.simplified[cp] = to
        self.memory = {}

    def is_mark(self, cp):
        return any(a <= cp <= b for a, b in MARK_BLOCKS)

    def is_ignored(self, cp):
        return (cp in self.ucd.ignorable or cp in self.curated.kind["mute"]
                or self.ucd.category.get(cp) == "Cc"
                and cp not in self.ucd.white)

    def is_space(self, cp):
        return cp in self.ucd.white or cp == 0x2800  # blank Braille

    def enclosed(self, cp):
        """The letters or digits within a circle, a square or brackets."""
        name = self.ucd.name.get(cp, "")
        if 0x1F1E6 <= cp <= 0x1F1FF:
            return chr(ord("a") + cp - 0x1F1E6)
        if SQUARED_WORD.match(name):
            return SQUARED_WORD.match(name).group(1).lower()
        if name == "SQUARED UP WITH EXCLAMATION MARK":
            return "up!"
        if name == "NEGATIVE SQUARED AB":
            return "ab"
        if name == "NEGATIVE SQUARED WC":
            return "wc"
        if not (ENCLOSED_NAME.match(name) or name.startswith("DINGBAT")):
            return None
        if (cp in self.ucd.numeric and self.ucd.category[cp] == "No"
                and "IDEOGRAPH" not in name):
            return self.ucd.numeric[cp]
        letter = LETTER_NAME.match(name)
        if letter:
            return letter.group(1).lower()
        whole = re.match("^\\((.+)\\)$", self.nfkc_cf.normalize(chr(cp)))
        return whole.group(1) if whole else None

    def step(self, cp):
        """One step of folding; the same code point when nothing folds."""
        if cp in self.curated.kind["fold"]:
            return self.curated.kind["fold"][cp]
        if cp in DOTS:
            return chr(DOT_AS)
        if self.is_ignored(cp) or self.is_mark(cp):
            return ""
        if self.is_space(cp):
            return " "
        if 0x3041 <= cp <= 0x30FF and cp not in (0x309B, 0x309C):
            # kana: voicing stays apart, as half-width forms have it
            return self.nfd.normalize(self.nfkc_cf.normalize(chr(cp)))
        if cp in self.ucd.radical:
            return chr(self.ucd.radical[cp])
        if self.enclosed(cp) is not None:
            return self.enclosed(cp)
        folded = self.nfkc_cf.normalize(chr(cp))
        if SPACED_MARKS.match(folded):
            return " "
        if folded != chr(cp):
            return folded
        apart = self.nfd.normalize(chr(cp))
        if len(apart) > 1 and all(self.is_mark(ord(c)) for c in apart[1:]):
            return apart
        if cp in self.ucd.digit:
            return self.ucd.digit[cp]
        if cp in self.simplified:
            return chr(self.simplified[cp])
        variant = VARIANT_LETTER.match(self.ucd.name.get(cp, ""))
        if variant and cp > 0x7F:
            return variant.group(1).lower()
        return chr(cp)

    def fold(self, cp):
        if cp not in self.memory:
            text, seen = chr(cp), set()
            while text not in seen:
                seen.add(text)
                text = "".join(self.step(ord(c)) for c in text)
                text = re.sub(" +", " ", text).strip() or text[:1]
            self.memory[cp] = text
        return self.memory[cp]


# --- look-alikes --------------------------------------------------------------
class Skeletons:
    """skeleton(code point): the letters it imitates, else None."""

    def __init__(self, ucd, folder, curated):
        self.ucd, self.folder, self.curated = ucd, folder, curated
        self.checker = icu.SpoofChecker()
        self.review = []

    def is_stroke(self, cp):
        """One stroke, that may be a capital I or a small l."""
        return (cp > 0x7F and self.checker.getSkeleton(0, chr(cp)) == "l"
                and self.find(cp) in ("i", "l")
                or "%c" % cp in "\u04c0\u04cf")

    def prototype(self, cp):
        """The UTS 39 prototype as ASCII letters or digits, else None."""
        raw = self.checker.getSkeleton(0, chr(cp))
        text = "".join(self.folder.fold(ord(c)) for c in raw)
        if raw == chr(cp) or not re.fullmatch("[a-z]{1,3}|[0-9]", text):
            return None
        if raw[0] in "lI" and len(raw) == 1:
            # a capital I and a small l are one prototype: its small form,
            # where there is one, knows which is meant
            small = icu.Char.tolower(chr(cp))
            if small != chr(cp):
                return self.prototype(ord(small)) or text
        return text

    def find(self, cp):
        for kind in ("skeleton", "emoji", "leet"):
            if cp in self.curated.kind[kind]:
                return self.curated.kind[kind][cp]
        if cp < 0x80 or 0xD800 <= cp <= 0xDFFF:
            return None
        folded = self.folder.fold(cp)
        category = self.ucd.category.get(cp, "Cn")
        if not folded or folded == " " or re.fullmatch("[ -~]*", folded):
            return None  # what is ASCII already is not guessed again
        if category[0] not in "LN" or self.ucd.script.get(cp) == "Han":
            return None
        if icu.Char.charDirection(chr(cp)) in (1, 13):
            return None  # right to left: it cannot stand in a Latin word
        like = self.prototype(cp)
        if like is None and len(folded) == 1:
            like = self.prototype(ord(folded))
        if like is None or like == folded:
            return None
        if like.isdigit() and category[0] != "N":
            like = {"0": "o", "1": "l"}.get(like, like)
        self.review.append((cp, self.checker.getSkeleton(0, chr(cp)), like))
        return like


# --- what a code point is -----------------------------------------------------
SCRIPT_OF = {"Latin": "LATIN", "Greek": "GREEK", "Cyrillic": "CYRILLIC",
             "Armenian": "ARMENIAN", "Han": "HAN", "Hiragana": "KANA",
             "Katakana": "KANA", "Bopomofo": "KANA", "Hangul": "HANGUL",
             "Hebrew": "HEBREW", "Common": "COMMON", "Inherited": "COMMON"}
ARABIC = ["Arabic", "Syriac", "Thaana", "Nko", "Mandaic", "Mongolian",
          "Phags_Pa", "Adlam", "Hanifi_Rohingya", "Sogdian"]
# scripts whose spelling needs joiners, or that break words by ZWSP
BRAHMIC = ["Devanagari", "Bengali", "Gurmukhi", "Gujarati", "Oriya", "Tamil",
           "Telugu", "Kannada", "Malayalam", "Sinhala", "Thai", "Lao",
           "Tibetan", "Myanmar", "Khmer", "Balinese", "Javanese", "Tai_Tham",
           "New_Tai_Lue", "Tai_Viet", "Tai_Le", "Cham", "Sundanese",
           "Meetei_Mayek", "Saurashtra", "Limbu", "Lepcha", "Rejang"]
ORDINARY = set(map(ord, ".,!?;:'\"()[]<>…，。！？；：、“”‘’（）【】《》「」『』〈〉—·～－-"))
BIDI = set(range(0x202A, 0x202F)) | set(range(0x2066, 0x206A))
Entry = collections.namedtuple("Entry", "fold skel flags kind digit")


class Classifier:
    def __init__(self, ucd, folder, skeletons, curated):
        self.ucd, self.folder = ucd, folder
        self.skeletons, self.curated = skeletons, curated

    def class_of(self, cp):
        folded = self.folder.fold(cp)
        if cp == 0xFFFF:
            return "BREAK"
        if self.folder.is_mark(cp):
            return "MARK"
        if self.folder.is_ignored(cp):
            return "IGNORED"
        if not folded or folded == " ":
            return "SPACE" if folded else "IGNORED"
        found = [self.class_of_folded(ord(c)) for c in folded]
        return next((c for c in found if c != "SIGN"), "SIGN")

    def class_of_folded(self, cp):
        category = self.ucd.category.get(cp, "Cn")
        if self.ucd.script.get(cp) == "Han" and category[0] in "LN":
            return "HAN"
        if category == "Nd":
            return "DIGIT"
        if category[0] in "LM" or category == "Nl":
            return "LETTER"
        return "SIGN"

    def script_of(self, cp):
        script = self.ucd.script.get(cp, "Unknown")
        if script in ARABIC:
            return "ARABIC"
        if script in BRAHMIC:
            return "BRAHMIC"
        return SCRIPT_OF.get(script, "OTHER")

    def digit_of(self, cp):
        folded = self.folder.fold(cp)
        digits = self.curated.kind["digit"]
        for c in (chr(cp), folded):
            if len(c) == 1 and ord(c) in digits:
                return int(digits[ord(c)])
        return int(folded) if re.fullmatch("[0-9]", folded) else NO_DIGIT

    def flags_of(self, cp, folded, like):
        name = self.ucd.name.get(cp, "")
        curated = self.curated.kind
        has = {
            "FULLWIDTH": 0xFF01 <= cp <= 0xFFEE,
            "ENCLOSED": self.folder.enclosed(cp) is not None
            or name.startswith(("CIRCLED", "SQUARED", "PARENTHESIZED",
                                "NEGATIVE")) and folded.isalnum(),
            "MATH": 0x1D400 <= cp <= 0x1D7FF
            or 0x1EE00 <= cp <= 0x1EEFF or "SCRIPT CAPITAL" in name
            or "BLACK-LETTER CAPITAL" in name
            or "DOUBLE-STRUCK CAPITAL" in name,
            "TRADITIONAL": cp in self.folder.simplified
            or cp in curated["fold"] and self.ucd.script.get(cp) == "Han",
            "CONFUSABLE": like is not None and cp not in curated["emoji"]
            and cp not in curated["leet"],
            "EMOJI": cp in self.ucd.emoji,
            "PICTURE": cp in curated["emoji"],
            "HEART": curated["emoji"].get(cp) == "心",
            "REGIONAL": 0x1F1E6 <= cp <= 0x1F1FF,
            "SEVERAL": len(folded) > 1,
            "DOT": folded == chr(DOT_AS),
            "BIDI": cp in BIDI,
            "TAG": 0xE0000 <= cp <= 0xE007F,
            "VARIATION": 0xFE00 <= cp <= 0xFE0F or 0xE0100 <= cp <= 0xE01EF,
            "ORDINARY": cp in ORDINARY,
            "LEET": cp in curated["leet"]
            or like is not None and self.skeletons.is_stroke(cp),
        }
        return sum(1 << FLAGS.index(f) for f, on in has.items() if on)

    def entry(self, cp):
        folded, like = self.folder.fold(cp), self.skeletons.find(cp)
        kind = (CLASSES.index(self.class_of(cp))
                | SCRIPTS.index(self.script_of(cp)) << 4)
        return Entry(None if folded == chr(cp) else folded, like,
                     self.flags_of(cp, folded, like), kind, self.digit_of(cp))


# --- packing ------------------------------------------------------------------
class Packer:
    """Entries shared by code points, pages shared by ranges, octets shared by
    entries."""

    def __init__(self):
        self.entries, self.index = [], {}
        self.strings = {}

    def add(self, entry):
        if entry not in self.index:
            self.index[entry] = len(self.entries)
            self.entries.append(entry)
            for text in (entry.fold, entry.skel):
                if text:
                    self.strings[text.encode()] = None
        return self.index[entry]

    def pack_strings(self):
        """One blob of length-prefixed strings; offset 0 means none."""
        blob = bytearray(b"\0")
        for text in sorted(self.strings):
            self.strings[text] = len(blob)
            blob.append(len(text))
            blob += text
        return bytes(blob)


def pack_pages(ids):
    stage1, pages = [], {}
    for first in range(0, len(ids), PAGE):
        page = tuple(ids[first:first + PAGE])
        stage1.append(pages.setdefault(page, len(pages)))
    return stage1, [i for page in pages for i in page]


def write_array(out, declaration, values, width):
    out.append(f"{declaration} = {{")
    line = "   "
    for value in values:
        text = f" {value},"
        if len(line) + len(text) > 79:
            out.append(line)
            line = "   "
        line += text
    out.append(line)
    out.append("};")
    return len(values) * width


# --- numerals -------------------------------------------------------------------
def is_numeral(packer, index):
    """Han that are themselves in every view but the digits view: 七."""
    entry = packer.entries[index]
    return (entry.kind & 15 == CLASSES.index("HAN") and entry.fold is None
            and entry.skel is None and entry.flags == 0
            and entry.digit != NO_DIGIT)


def hash_numerals(cps):
    """A factor that gives each a place of its own by the six highest of
    sixteen bits, and the places."""
    for factor in range(1, 0x10000, 2):
        places = {(cp * factor & 0xFFFF) >> 10: cp for cp in cps}
        if len(places) == len(cps):
            return factor, [places.get(i, 0) for i in range(64)]
    sys.exit(f"{len(cps)} numerals have no hash")


# --- strokes --------------------------------------------------------------------
EDGE = "-"  # a word's beginning or end
STROKE = "1"  # another stroke


def count_strokes(dictionary, path):
    """Count in a list of English words what stands between two letters more
    often, i or l; write a line for each letter before."""
    counts = collections.Counter()
    with open(dictionary, encoding="utf-8") as file:
        words = {line.strip().lower() for line in file}
    for word in sorted(w for w in words if re.fullmatch("[a-z]{4,14}", w)):
        padded = EDGE + word + EDGE
        for at in range(1, len(padded) - 1):
            if padded[at] in "il":
                weight = 1 if padded[at] == "i" else -1
                counts[padded[at - 1], padded[at + 1]] += weight
                if padded[at + 1] in "il":
                    counts[padded[at - 1], STROKE] += weight
    letters = "abcdefghijklmnopqrstuvwxyz"
    with open(path, "w", encoding="utf-8") as file:
        file.write("# What a stroke (1, !, |) is between two letters: behind "
                   "the first column, an i\n# before one of the second and an "
                   "l before any other. `-\' is the word\'s end, `1\'\n# "
                   "another stroke. Counted in Debian\'s wamerican "
                   "2020.12.07 (SCOWL, public domain):\n#     generate_tables.py "
                   "--count-strokes /usr/share/dict/american-english\n"
                   "before\ti_before\n")
        for before in letters + EDGE:
            after = "".join(x for x in letters + EDGE + STROKE
                            if counts[before, x] > 0)
            file.write(f"{before}\t{after}\n")


def read_strokes(path):
    """Bits by letter before (a..z, edge): letters after (a..z, edge, stroke)
    before which a stroke is an i."""
    order = "abcdefghijklmnopqrstuvwxyz" + EDGE + STROKE
    bits = [0] * 27
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith(("#", "before")):
                continue
            before, after = line.rstrip("\n").split("\t")
            bits[order.index(before)] = sum(1 << order.index(x) for x in after)
    return bits


# --- output -------------------------------------------------------------------
def write_tables(path, packer, ids, ucd, curated, strokes):
    blob = packer.pack_strings()
    stage1, stage2 = pack_pages(ids)
    offset = lambda text: packer.strings[text.encode()] if text else 0
    out = ["/* SPDX-License-Identifier: BSD-2-Clause AND Unicode-DFS-2016 AND "
           "Apache-2.0",
           " *",
           " * Made by generate_tables.py from unicode-data "
           f"{icu.UNICODE_VERSION}, ICU {icu.ICU_VERSION}, OpenCC 1.1.6 and",
           " * curated.tsv. Do not edit: `make unicode-tables'.",
           " */",
           "#ifndef FZ_ENGINE_TEXT_UNICODE_TABLES_H",
           "#define FZ_ENGINE_TEXT_UNICODE_TABLES_H", ""]
    out += [f"_Static_assert(FZ_TABLE_PAGE_BITS == {PAGE.bit_length() - 1} && "
            f"FZ_TABLE_HAN_ONLY == 0x{HAN_ONLY:X} &&",
            f"    FZ_TABLE_TAGS == 0x{TAGS:X} && FZ_TABLE_LAST == 0x{LAST:X}, "
            "\"chars.h\");", ""]
    for name, values in (("CLASS", CLASSES), ("SCRIPT", SCRIPTS)):
        for i, value in enumerate(values):
            out.append(f"_Static_assert(FZ_{name}_{value} == {i}, "
                       "\"chars.h\");")
    for i, value in enumerate(FLAGS):
        out.append(f"_Static_assert(FZ_CHAR_{value} == 1 << {i}, "
                   "\"chars.h\");")
    out.append("")
    rows = [f"{{{offset(e.fold)},{offset(e.skel)},0x{e.flags:x},"
            f"0x{e.kind:x},{e.digit}}}" for e in packer.entries]
    octets = write_array(out, "const uint16_t fz_table_stage1[]", stage1, 2)
    octets += write_array(out, "const uint16_t fz_table_stage2[]", stage2, 2)
    octets += write_array(out, "const FzChar fz_table_chars[]", rows, 8)
    plain = ids[ord("人")]
    octets += write_array(out, "const uint64_t fz_table_plain_han[1024]",
                          [f"0x{sum((ids[i + j] == plain) << j for j in range(64)):x}"
                           for i in range(0, 0x10000, 64)], 8)
    factor, numerals = hash_numerals(
        [cp for cp in range(0x800, 0x10000) if is_numeral(packer, ids[cp])])
    octets += write_array(out, "const uint16_t fz_table_numerals[64]",
                          [f"0x{cp:x}" for cp in numerals], 2)
    out.append(f"const uint16_t fz_table_numeral_factor = 0x{factor:x};")
    octets += write_array(out, "const FzChar fz_table_ascii[128]",
                          [rows[i] for i in ids[:128]], 8)
    octets += write_array(out, "const uint8_t fz_table_strings[]",
                          list(blob) + [0] * 8, 1)
    flags = [0] * 26
    for a, b in ucd.flags:
        flags[a] |= 1 << b
    out.append("/* flags[first] has the bit of every second letter */")
    octets += write_array(out, "static const uint32_t table_flags[26]",
                          [f"0x{f:x}" for f in flags], 4)
    for kind in ("before", "after"):
        cps = sorted(curated.kind[kind])
        octets += write_array(out,
                              f"static const uint32_t table_heart_{kind}[]",
                              [f"0x{cp:x}" for cp in cps], 4)
    out.append("/* see strokes.tsv */")
    octets += write_array(out, "static const uint32_t table_strokes[27]",
                          [f"0x{b:x}" for b in strokes], 4)
    out += ["", "#endif", ""]
    if octets > LIMIT_OCTETS:
        sys.exit(f"the tables take {octets} octets")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(out))
    return octets, len(packer.entries), len(stage2) // PAGE, len(blob)


def write_review(path, ucd, review):
    with open(path, "w", encoding="utf-8") as file:
        file.write("# Every pair of UTS 39 that the skeleton takes over: made "
                   "by generate_tables.py,\n# reviewed when it changes.\n"
                   "code\tchar\tprototype\treads\tname\n")
        for cp, raw, like in sorted(review):
            file.write(f"U+{cp:04X}\t{chr(cp)}\t{raw}\t{like}\t"
                       f"{ucd.name.get(cp, '')}\n")


def check(folder, skeletons, last):
    """What must hold of every code point."""
    for cp in range(last + 1):
        if 0xD800 <= cp <= 0xDFFF:
            continue
        once = folder.fold(cp)
        twice = re.sub(" +", " ", "".join(folder.fold(ord(c)) for c in once))
        if once != twice:
            sys.exit(f"U+{cp:04X}: {once!r} folds again, to {twice!r}")
        if len(once.encode()) > 63:
            sys.exit(f"U+{cp:04X}: folds to {len(once.encode())} octets")
    for cp in range(HAN_ONLY, 0x40000):
        if folder.fold(cp) != chr(cp):
            sys.exit(f"U+{cp:04X} folds: HAN_ONLY must be higher")
    for cp in range(0x21, 0x7F):
        if folder.fold(cp) != chr(cp).lower():
            sys.exit(f"{chr(cp)}: ASCII folds to {folder.fold(cp)!r}")
        if skeletons.find(cp) and cp not in skeletons.curated.kind["leet"]:
            sys.exit(f"{chr(cp)}: ASCII has a skeleton")


def in_tables():
    """Code points in the order of the tables: two ranges, end to end."""
    return [*range(HAN_ONLY), *range(TAGS, LAST + 1)]


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser()
    parser.add_argument("--curated", default=f"{here}/curated.tsv")
    parser.add_argument("--tables", default=f"{here}/unicode_tables.h")
    parser.add_argument("--review", default=f"{here}/confusables_review.tsv")
    parser.add_argument("--strokes", default=f"{here}/strokes.tsv")
    parser.add_argument("--count-strokes", metavar="DICTIONARY",
                        help="make strokes.tsv anew, and nothing else")
    arguments = parser.parse_args()
    if arguments.count_strokes:
        count_strokes(arguments.count_strokes, arguments.strokes)
        return
    if not icu.UNICODE_VERSION.startswith("15.0"):
        sys.exit(f"ICU of Unicode {icu.UNICODE_VERSION}, not 15.0")

    curated = Curated(arguments.curated)
    ucd = Unicode()
    folder = Folder(ucd, curated)
    skeletons = Skeletons(ucd, folder, curated)
    check(folder, skeletons, LAST)
    skeletons.review.clear()

    classifier = Classifier(ucd, folder, skeletons, curated)
    packer = Packer()
    nothing = Entry(None, None, 0, CLASSES.index("OTHER"), NO_DIGIT)
    packer.add(nothing)
    ids = [packer.add(nothing if 0xD800 <= cp <= 0xDFFF
                      else classifier.entry(cp)) for cp in in_tables()]
    sizes = write_tables(arguments.tables, packer, ids, ucd, curated,
                         read_strokes(arguments.strokes))
    write_review(arguments.review, ucd, skeletons.review)
    print("unicode-tables: %d octets, %d entries, %d pages, %d octets of "
          "strings" % sizes)


main()
