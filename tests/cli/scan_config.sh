# SPDX-License-Identifier: BSD-2-Clause
# What enforce would do, though the mode is observe; overrides and profiles as
# the configuration has them; shadow rules are listed and do not count.
fanzhactl scan --config site/fanzha.conf --format jsonl <<'LINES'
{"id":"active in its file","text":"courier: customs fee"}
{"id":"no rewrite, no warning by default","text":"the last day"}
{"id":"scaled, rewritten","identity":"shop","text":"the last day, courier, no customs fee"}
{"id":"capped","identity":"shop","text":"the last day"}
{"id":"service is the identity","service":"shop","text":"courier: customs fee"}
{"id":"activated by override","text":"tracking portal"}
{"id":"put in shadow by override","text":"an instant loan"}
LINES
echo "exit $?"
