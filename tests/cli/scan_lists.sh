# SPDX-License-Identifier: BSD-2-Clause
# Compiled lists while judging: a feed's answer holds or defangs, an operator's
# rejects or allows; list and entry stand in the answer.
mkdir "$ROOM/lists" "$ROOM/none"
cat > "$ROOM/feed.list" <<'LINES'
block phishing host:bad.example
block spam     host:spam.example
block phishing host:ours.example
LINES
cat > "$ROOM/operator.list" <<'LINES'
allow ours host:ours.example #T-1,asked for
block scam sender:10690
LINES
fanzhactl list build "$ROOM/feed.list" -o "$ROOM/lists/feed.fzl" > /dev/null
fanzhactl list build "$ROOM/operator.list" -o "$ROOM/lists/operator.fzl" > /dev/null
fanzhactl scan --patterns good --lists "$ROOM/lists" --format jsonl <<'LINES'
{"id":"held","text":"see http://bad.example/a"}
{"id":"defanged","text":"see spam.example/a"}
{"id":"allowed","text":"see http://ours.example/a"}
{"id":"certain","sender":"10690","text":"see you"}
{"id":"not listed","text":"see http://new.example/a"}
LINES
echo "exit $?"
fanzhactl explain --patterns good --lists "$ROOM/lists" "see http://bad.example/a"
echo "exit $?"
echo 'see http://bad.example/a' | fanzhactl scan --patterns good
echo "exit $?"
fanzhactl scan --patterns good --lists "$ROOM/none" < /dev/null 2>&1
