# SPDX-License-Identifier: BSD-2-Clause
# Evidence: what needs no gateway of it. The rest is in tests/e2e.
exec 2>&1
try() { echo "--- fanzhactl $*"; fanzhactl "$@"; echo "exit $?"; }
printf 'override = ""; generations = "g"; control = { socket = "none"; };' \
    > "$ROOM/fanzha.conf"
try explain --config "$ROOM/fanzha.conf" --as-of 2026-11-20T10:00:00Z text
try explain --patterns good --as-of 2026-11-20T10:00:00Z text
try explain --config "$ROOM/fanzha.conf" --as-of yesterday text
try stats --examples
try stats a.b --wrong x
try stats a.b --wrong 1 --right 2
try stats --config "$ROOM/fanzha.conf"
try promote
try promote a.b --rate 2
try demote a.b --config "$ROOM/fanzha.conf"
