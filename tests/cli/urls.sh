# SPDX-License-Identifier: BSD-2-Clause
# Places, canonical forms and keys; a link within a link is no link of the text.
fanzhactl urls "领奖hxxp://bank[.]example/a点击，加微信 abc_123 或电13800000000"
fanzhactl urls "see http://go.example/?u=http://shop.test/Q"
fanzhactl urls "nothing to open here"
echo "exit $?"
lines() {
    cat <<'LINES'
{"text":"领奖ｂａｎｋ。example/Ab 加QQ 123456"}
{"text":"http://go.example/?u=http://shop.test/Q"}
{"text":7}
nothing
{"text":""}
LINES
}
lines | fanzhactl urls --format jsonl
echo "exit ${PIPESTATUS[1]}"
fanzhactl urls --format jsonl < /dev/null
echo "exit $?"
