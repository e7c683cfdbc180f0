# SPDX-License-Identifier: BSD-2-Clause
# What each rule costs: times are taken out, the rest is the same each time.
cat > "$ROOM/corpus" <<'LINES'
{"text":"Your courier asks for a customs fee"}
open the tracking portal
an instant loan
See you at noon
LINES
untimed() { sed -E 's/[0-9]+ ns of/N ns of/; s/about [0-9]+ in/about N in/; s/ +[0-9]+\.[0-9]{2}$/ N/; s/("(ns|evaluating_ns)":)[0-9.e-]+/\1N/g'; }
bench() { fanzhactl bench-rules --patterns good "$@"; local is=$?; echo "exit $is"; }
bench --corpus "$ROOM/corpus" | untimed | LC_ALL=C sort # dearest first: by time
bench --corpus "$ROOM/corpus" --max-share 100% | untimed | tail -1
bench --corpus "$ROOM/corpus" --format json --top 1 --max-share 1.0 |
    python3 -c '
import json, sys
it = json.loads(sys.stdin.readline())
assert it["ns"] > 0 and it["evaluating_ns"] > 0 and it["rules"][0]["ns"] > 0
print(it["messages"], it["findings"], len(it["rules"]), sorted(it["rules"][0]))'
bench --corpus "$ROOM/none"
bench
# a rule that has to begin at a common word says so
mkdir "$ROOM/often"
cat > "$ROOM/often/rules.conf" <<'RULES'
set = { name = "often"; };
rules = ( { id = "often.noon"; phrase = "at noon"; common = true;
            match = "at noon"; } );
RULES
fanzhactl bench-rules --patterns "$ROOM/often" --corpus "$ROOM/corpus" --format json |
    python3 -c '
import json, sys
it = json.loads(sys.stdin.readline())
print(it["findings"], it["rules"][0]["share"], it["rules"][0]["common"])'
fanzhactl rules list --patterns "$ROOM/often" --format json | grep -o '"common":true'
