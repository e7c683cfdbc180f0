# SPDX-License-Identifier: BSD-2-Clause
# What a changed set would do to messages, told by rule, sender and script.
mkdir -p "$ROOM/new"
sed -e 's/score = 6.0/score = 10.0/' -e 's/last day/last hour/' \
    good/parcel/rules.conf > "$ROOM/new/rules.conf"
cat > "$ROOM/corpus" <<'LINES'
{"id":1,"sender":"10690001","text":"Your courier asks for a customs fee"}
{"id":2,"sender":"10690001","text":"您的快递需补缴清关费"}
{"id":3,"text":"this is the last day"}
See you at noon
card number as a reply
{"id":6,"text":
LINES
us='s/[0-9.]* us/N us/g; s/"us_\([a-z]*\)":[0-9.e-]*/"us_\1":N/g'
fanzhactl diff --patterns "$ROOM/new" --against good --corpus "$ROOM/corpus" |
    sed -e "$us"
echo "exit ${PIPESTATUS[0]}"
fanzhactl diff --patterns "$ROOM/new" --against good --corpus "$ROOM/corpus" \
    --format json --examples 1 2> /dev/null | sed -e "$us"
head -5 "$ROOM/corpus" > "$ROOM/fine"
fanzhactl diff --patterns "$ROOM/new" --against good --corpus "$ROOM/fine" \
    --max-new-holds 10% --examples 0 > /dev/null
echo "exit $?"
fanzhactl diff --patterns "$ROOM/new" --against good --corpus "$ROOM/fine" \
    --max-new-holds 50% --examples 0 > /dev/null
echo "exit $?"
# an override that puts a rule in force changes nothing but that rule's messages
fanzhactl diff --config site/fanzha.conf --against good --shadow \
    --corpus - --format json <<'LINES' | sed -e "$us"
open the tracking portal
LINES
fanzhactl diff --patterns good --against "$ROOM/nowhere" --corpus "$ROOM/fine"
echo "exit $?"
fanzhactl diff --patterns good --against good
echo "exit $?"
