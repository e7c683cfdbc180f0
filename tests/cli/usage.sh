# SPDX-License-Identifier: BSD-2-Clause
# A command line that is wrong says how, and ends with 2.
try() { echo "--- fanzhactl $*"; fanzhactl "$@"; echo "exit $?"; }
exec 2>&1
try
try frob
try --frob
try scan --format xml
try scan --patterns good --config site/fanzha.conf
try explain
try explain one two
try explain --direction up text
try explain --time noon text
try normalise
try normalise --format jsonl text
try bypass
try bypass maybe
try bypass on --for soon
try bypass on --for 400d
try bypass off --for 5m
try audit
try audit trust
try held --limit many
try held --state gone
try held rows
