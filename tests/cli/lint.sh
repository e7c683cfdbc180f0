# SPDX-License-Identifier: BSD-2-Clause
lint() { echo "--- lint $*"; fanzhactl lint "$@"; echo "exit $?"; }
exec 2>&1
lint good
lint --config site/fanzha.conf
lint broken/one broken/two
lint broken/one --format json
lint nowhere
lint --config nowhere.conf
printf 'mode = "enforce";\npaterns = "x";\n' > "$ROOM/fanzha.conf"
lint --config "$ROOM/fanzha.conf"
printf 'patterns = "%s";\noverride = "over.d";\n' "$PWD/good" > "$ROOM/fanzha.conf"
mkdir "$ROOM/over.d"
printf 'overrides = (\n  { id = "cli.feee"; state = "active"; } );\n' > "$ROOM/over.d/a.conf"
lint --config "$ROOM/fanzha.conf"

# JUnit, as a parser of XML reads it: a case a rule, one for what is elsewhere
junit() {
    echo "--- lint ${*##*/} --format junit" | tr -d '\001\377'
    fanzhactl lint "$@" --format junit > "$ROOM/junit.xml"
    echo "exit $?"
    python3 junit.py "$ROOM/junit.xml"
}
odd="$ROOM/a<b>&\"c"$'\001\377'
mkdir "$odd"
cat > "$odd/rules.conf" <<'RULES'
set = { name = "odd"; };
words = { nobodys = [ "somewhere", "nowhere" ]; };
rules = (
  { id = "odd.fine"; phrase = "renew the licence"; score = 5.0;
    match = "renew the licence"; },
  { id = "odd.two"; phrase = "renew the passport"; score = 5.0;
    scam_class = "\"a\" < b & c"; },
  { id = "odd.draft"; phrase = "renew the lease"; state = "draft"; }
);
RULES
junit good
junit "$odd"
junit broken/one broken/two

# Ordinary messages: what is looked at too often, and is not marked for it
mkdir "$ROOM/often"
cat > "$ROOM/often/rules.conf" <<'RULES'
set = { name = "often"; };
rules = (
  { id = "often.fee"; phrase = "customs ~30 fee"; score = 5.0;
    match = "customs ask for a fee"; },
  { id = "often.pay"; phrase = "(parcel|order) ~30 payable"; score = 5.0;
    common = true; match = "the parcel is payable"; },
  { id = "often.never"; phrase = "levy of importation"; score = 5.0;
    match = "levy of importation"; }
);
RULES
cat > "$ROOM/ham" <<'LINES'
{"text":"Your fee for this parcel goes to customs, so say customs"}
Your order and its parcel are payable in the shop
the fee is due in May

See you at noon
LINES
ham() { lint "$ROOM/often" "$@"; }
ham
ham --ham "$ROOM/ham"
ham --ham "$ROOM/ham" --max-share 50%
ham --ham "$ROOM/ham" --format json
fanzhactl lint "$ROOM/often" --ham "$ROOM/ham" --format junit > "$ROOM/junit.xml"
python3 junit.py "$ROOM/junit.xml"
ham --ham "$ROOM/nowhere"
: > "$ROOM/empty"
ham --ham "$ROOM/empty"
printf 'See you\n{ "text": }\n' > "$ROOM/bad"
ham --ham "$ROOM/bad"
ham --max-share 1%
