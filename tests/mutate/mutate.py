#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""mutate.py - hide words as fraud messages do, for tests/mutate/measure

Knows the evasions from Unicode's own files and ICU, not from the engine's
tables or curated.tsv, so that it measures them. Writes one case a line: row of
evasion, views that may find it, word, text. The same seed, the same cases.

    mutate.py [--words FILE] [--patterns DIR] [--each N] [--seed N]

Words are those of the sets below --patterns (Han words of two characters and
more, Latin ones of five letters and more), else of words.txt. Rows, as in
docs/text.md:
    1 traditional   5 forms   6 numerals   7 look-alikes   8 invisible
    9 separators   11 glued hosts and contacts   12 leet   14 pictures
"""
import argparse
import bz2
import collections
import os
import random
import re
import sys

UNICODE = "/usr/share/unicode"
HERE = os.path.dirname(os.path.abspath(__file__))


# --- Unicode's files ------------------------------------------------------------
def rows_of(name):
    opener = bz2.open if name.endswith(".bz2") else open
    with opener(f"{UNICODE}/{name}", "rt", encoding="utf-8") as file:
        for line in file:
            line = line.split("#")[0].strip() if "Unihan" not in name \
                else line.strip()
            if line and not line.startswith("#"):
                yield line


def unihan(name, field):
    found = {}
    for line in rows_of(name):
        code, key, value = line.split("\t")
        if key == field:
            found[chr(int(code[2:], 16))] = value
    return found


def ranges_of(name, wanted):
    found = set()
    for line in rows_of(name):
        span, value = [x.strip() for x in line.split(";")][:2]
        if value == wanted:
            first, _, last = span.partition("..")
            found.update(range(int(first, 16), int(last or first, 16) + 1))
    return found


class Unicode:
    def __init__(self):
        self.forms = collections.defaultdict(set)
        self.digits = collections.defaultdict(set)
        self.signs, self.marks, target = [], [], {}
        for line in rows_of("UnicodeData.txt"):
            f = line.split(";")
            cp, name, category = int(f[0], 16), f[1], f[2]
            if "First>" in name or "Last>" in name or category in ("Cs", "Co"):
                continue
            parts = [p for p in f[5].split() if not p.startswith("<")]
            if len(parts) == 1:
                target[cp] = int(parts[0], 16)
            for pattern in (
                    "^(?:NEGATIVE )?(?:CIRCLED|SQUARED) LATIN CAPITAL LETTER "
                    "([A-Z])$",
                    "^REGIONAL INDICATOR SYMBOL LETTER ([A-Z])$",
                    "^LATIN LETTER SMALL CAPITAL ([A-Z])$"):
                match = re.match(pattern, name)
                if match:
                    self.forms[match.group(1).lower()].add(chr(cp))
            if f[7].isdigit() and cp > 0x7F:
                self.digits[f[7]].add(chr(cp))
            if category[0] in "PS" and 0x20 < cp < 0x3100 and not f[5] \
                    and "RADICAL" not in name and "CIRCLED" not in name:
                self.signs.append(chr(cp))
            if category == "Mn" and 0x0300 <= cp <= 0x036F:
                self.marks.append(chr(cp))
        for cp in target:
            end = cp
            while end in target:
                end = target[end]
            if chr(end).isalpha():
                self.forms[chr(end).lower()].add(chr(cp))
        for line in rows_of("EquivalentUnifiedIdeograph.txt"):
            span, to = [x.strip() for x in line.split(";")]
            self.forms[chr(int(to, 16))].add(chr(int(span.split("..")[0], 16)))
        for kind in ("kPrimaryNumeric", "kAccountingNumeric"):
            for han, value in unihan("Unihan_NumericValues.txt.bz2",
                                     kind).items():
                if len(value) == 1:
                    self.digits[value].add(han)
        self.digits["0"].add("〇")
        self.digits["1"].add("幺")
        self.digits["2"].add("两")
        self.traditional = {
            a: [chr(int(v[2:], 16)) for v in value.split() if v != f"U+{ord(a):X}"]
            for a, value in unihan("Unihan_Variants.txt.bz2",
                                   "kTraditionalVariant").items()}
        ignorable = ranges_of("DerivedCoreProperties.txt",
                              "Default_Ignorable_Code_Point")
        assigned = ranges_of("DerivedAge.txt", "15.0")
        for age in ("1.1", "2.0", "3.0", "3.2", "4.0", "4.1", "5.1", "6.3"):
            assigned |= ranges_of("DerivedAge.txt", age)
        self.invisible = [chr(c) for c in sorted(ignorable & assigned)]
        self.emoji = [chr(c) for c in sorted(
            ranges_of("emoji/emoji-data.txt", "Emoji_Presentation"))
            if not 0x1F1E6 <= c <= 0x1F1FF and not 0x1F100 <= c <= 0x1F2FF]


def look_alikes():
    """ASCII letter -> letters of other alphabets with its shape (UTS 39)."""
    import icu
    checker, found = icu.SpoofChecker(), collections.defaultdict(list)
    scripts = {icu.Script.getScript(s).getShortName(): 0 for s in "aαаաꓐᎪ"}
    del scripts["Latn"]
    shapes = collections.defaultdict(list)
    for letter in "abcdefghijklmnopqrstuvwxyz":
        for shape in (letter, letter.upper()):
            shapes[checker.getSkeleton(0, shape)].append(letter)
    for cp in range(0x80, 0xFFFF):
        if 0xD800 <= cp <= 0xDFFF or not chr(cp).isalpha() \
                or icu.Script.getScript(chr(cp)).getShortName() not in scripts:
            continue
        for letter in shapes.get(checker.getSkeleton(0, chr(cp)), ()):
            found[letter].append(chr(cp))
    return found


# --- words ----------------------------------------------------------------------
def is_han(word):
    return all("\u4e00" <= c <= "\u9fff" for c in word)


def is_latin(word):
    return re.fullmatch("[a-z]+(?: [a-z]+)*", word) is not None


def fits(word):
    return is_han(word) and len(word) >= 2 or is_latin(word) \
        and len(word.replace(" ", "")) >= 5


def words_of_patterns(folder):
    """The words of the rule files: word lists, and phrases cut at their
    syntax; no titles, samples or regexes."""
    found = set()
    for at, _, names in os.walk(folder):
        for name in names:
            if not name.endswith(".conf"):
                continue
            with open(os.path.join(at, name), encoding="utf-8") as file:
                text = re.sub("(?m)^\\s*(#|//).*$", "", file.read())
            quoted = '"(?:[^"\\\\]|\\\\.)*"'
            text = re.sub(f"(?s)\\b(no)?match\\s*=\\s*[\\[(](?:[^\"\\])]|{quoted})"
                          f"*[\\])]", "", text)
            text = re.sub("\\b(title|id|owner|name|regex|expr|reference|reason|"
                          "scam_class|group|language|state|action|sender|"
                          f"expires|unless|view)\\s*=\\s*{quoted}", "", text)
            for words in re.findall(quoted, text):
                for piece in re.split("[^\\u4e00-\\u9fffA-Za-z ]+", words):
                    found.update(re.findall("[\\u4e00-\\u9fff]+", piece))
                    if is_latin(piece.strip().lower()):
                        found.add(piece.strip().lower())
    return sorted(filter(fits, found))


def words_of_file(path):
    with open(path, encoding="utf-8") as file:
        words = [line.strip().lower() for line in file
                 if not line.startswith("#")]
    return sorted(set(filter(fits, words)))


# --- mutations ------------------------------------------------------------------
SAY = [("请", "谢谢"), ("您好，", "！"), ("", "")]
SAY_LATIN = [("hi ", " now"), ("Your ", "."), ("", "")]
LEET = {"a": "@4", "e": "3€", "i": "1!", "l": "1|", "o": "0", "s": "$5",
        "t": "7", "b": "8", "g": "9"}
PICTURES = {"加": "➕", "心": "❤", "信": "❤", "钱": "💰", "手机": "📱",
            "飞机": "✈", "qq": "🐧", "红包": "🧧", "电话": "☎", "包裹": "📦"}


class Mutate:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.ucd, self.alike = Unicode(), look_alikes()

    def pick(self, choices):
        return self.random.choice(sorted(choices))

    def some(self, word, table):
        """Replace at least one character that the table knows, often more."""
        known = [i for i, c in enumerate(word) if table.get(c)]
        if not known:
            return None
        chosen = {i for i in known if self.random.random() < 0.5} \
            or {self.random.choice(known)}
        return "".join(self.pick(table[c]) if i in chosen else c
                       for i, c in enumerate(word))

    def between(self, word, choices, most):
        """Insert into some gaps, one to `most` a time."""
        gaps = range(1, len(word))
        chosen = {i for i in gaps if self.random.random() < 0.6} \
            or {self.random.choice(list(gaps))}
        out = word[0]
        for i in gaps:
            if i in chosen:
                out += "".join(self.random.choice(choices) for _ in range(
                    self.random.randint(1, most)))
            out += word[i]
        return out

    def traditional(self, word):
        return self.some(word, self.ucd.traditional)

    def forms(self, word):
        return self.some(word, self.ucd.forms)

    def alikes(self, word):
        return self.some(word, self.alike)

    def invisible(self, word):
        if is_latin(word) and self.random.random() < 0.3:
            return "".join(c + (self.random.choice(self.ucd.marks)
                                if c != " " and self.random.random() < 0.5
                                else "") for c in word)
        return self.between(word, self.ucd.invisible, 2)

    def separators(self, word):
        signs = self.ucd.signs + [" "] * 300 + list(".-_*/|~+") * 60
        return self.between(word.replace(" ", ""), signs, 2)

    def leet(self, word):
        hidden = self.some(word, LEET)
        # a token without two letters is no word to any reader
        if hidden and all(len(re.findall("[a-z]", token)) >= 2
                          for token in hidden.split()):
            return hidden
        return None

    def pictures(self, word):
        for han, picture in PICTURES.items():
            if han in word and self.random.random() < 0.5:
                return word.replace(han, picture, 1)
        return self.between(word.replace(" ", ""), self.ucd.emoji, 1)

    def numerals(self, number):
        table = {d: forms | {d} for d, forms in self.ucd.digits.items()}
        out = ""
        for i, c in enumerate(number):
            out += self.pick(table[c]) if self.random.random() < 0.5 else c
            if i + 1 < len(number) and self.random.random() < 0.2:
                out += self.random.choice(" -.")
        return out

    def glued(self, contact):
        letters = "".join(self.random.choice("abdghjkqwxyz")
                          for _ in range(self.random.randint(2, 5)))
        return self.random.choice([
            f"请登录{contact}领取", f"点击{contact}查询", f"{contact} {letters}",
            f"加{contact}，{letters}", f"查收{contact}/{letters}回复",
            f"戳{contact}。{letters}"])


def number(rand):
    if rand.random() < 0.5:  # no phone has a number of these
        return "1" + rand.choice("3589") + "".join(
            rand.choice("0123456789") for _ in range(9))
    return rand.choice("123456789") + "".join(
        rand.choice("0123456789") for _ in range(rand.randint(5, 10)))


def host(rand):
    label = "".join(rand.choice("abcdefghijklmnopqrstuvwxyz0123456789")
                    for _ in range(rand.randint(3, 9)))
    return rand.choice(["", "www.", "m."]) + label + rand.choice(
        [".example", ".test", "-vip.example", ".bank.test"])


def write(row, views, word, text):
    text = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
    print(row, views, word, text, sep="\t")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--words", default=f"{HERE}/words.txt")
    parser.add_argument("--patterns")
    parser.add_argument("--each", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    words = words_of_patterns(arguments.patterns) if arguments.patterns \
        else words_of_file(arguments.words)
    if not words:
        sys.exit("no words")
    mutate = Mutate(arguments.seed)
    rand = mutate.random
    rows = [("1-traditional", mutate.traditional), ("5-forms", mutate.forms),
            ("7-look-alikes", mutate.alikes), ("8-invisible", mutate.invisible),
            ("9-separators", mutate.separators), ("12-leet", mutate.leet),
            ("14-pictures", mutate.pictures)]
    for row, hide in rows:
        for word in words:
            for _ in range(arguments.each):
                hidden = hide(word)
                before, after = rand.choice(SAY if is_han(word) else SAY_LATIN)
                if hidden is not None and hidden != word:
                    write(row, "any", word, before + hidden + after)
    for _ in range(50):
        plain = number(rand)
        for _ in range(arguments.each):
            write("6-numerals", "digits", plain, rand.choice(
                ["加{}聊", "电话{}。", "Q {} ok"]).format(mutate.numerals(plain)))
        name = host(rand)
        for _ in range(arguments.each):
            write("11-glued", "folded", name, mutate.glued(name))
            write("11-glued", "digits", plain, mutate.glued(plain))


main()
