# SPDX-License-Identifier: BSD-2-Clause
# Only the views that every build has are compared: others are added.
cut_rest() { sed -e 's/,"\(skeleton\|despaced\|digits\|map\)":.*/ .../'; }
fanzhactl normalise "ＦＲＥＥ  Gift" | grep -E '^(raw|folded) '
lines() {
    cat <<'LINES'
{"text":"ＦＲ e"}
{"text":5}
nothing
{"text":""}
LINES
}
lines | fanzhactl normalise --format jsonl | cut_rest
lines | fanzhactl normalise --format jsonl | grep -o '"folded":\[[^]]*\]'
lines | fanzhactl normalise --format jsonl > /dev/null
echo "exit $?"
fanzhactl normalise --format jsonl < /dev/null
echo "exit $?"
