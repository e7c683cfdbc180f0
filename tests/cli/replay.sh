# SPDX-License-Identifier: BSD-2-Clause
# What rules say of a file of messages: those in shadow match and do not count.
cat > "$ROOM/corpus" <<'LINES'
{"text":"Your courier asks for a customs fee"}
open the tracking portal
an instant loan
See you at noon
LINES
fanzhactl replay --config site/fanzha.conf "$ROOM/corpus"
fanzhactl replay --patterns good "$ROOM/corpus" --format json
fanzhactl replay --patterns good "$ROOM/corpus" --rule cli.fee --examples 1
fanzhactl replay --patterns good "$ROOM/corpus" --rule cli.none
echo "exit $?"
printf 'fine\nnot \xff fine\n' | fanzhactl replay --patterns good -
echo "exit $?"
# a stranger's text tells the terminal nothing
printf '{"text":"courier: customs fee \\u001b]0;owned\\u0007 \\u009b1m"}\n' |
    fanzhactl replay --patterns good - --rule cli.fee | tail -1
