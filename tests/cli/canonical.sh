# SPDX-License-Identifier: BSD-2-Clause
# The canonical form, the expressions of it, and what has neither.
fanzhactl canonical 'HTTP://me@A.B.Example:8080/x/../%41 b?q#f'
fanzhactl canonical 'http://:80/'
echo "exit $?"
lines() {
    cat <<'LINES'
{"url":"Shop.Example"}
{"url":"http://0x7f.1/a?"}
{"url":"http://例子.example/é?b=1"}
{"url":"http://"}
{"url":null}
{
LINES
}
lines | fanzhactl canonical --format jsonl
echo "exit ${PIPESTATUS[1]}"
