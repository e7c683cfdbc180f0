# SPDX-License-Identifier: BSD-2-Clause
# Where a message is: what is asked of the plugin, and how its answer reads.
exec 2>&1
export socket=$ROOM/control
try() { echo "--- fanzhactl $*"; fanzhactl "$@" --socket "$socket"; echo "exit $?"; }
export -f try
cli_plugin "$socket" bash -c '
try trace --to +8613800000000
try trace --from 95000 --to +8613800000000 --identity shop --since 2026-03-10T10:00:00Z --until 2026-03-10T13:00:00Z --limit 2 --format json
try trace --id 0b0f2a6e-0000-4000-8000-000000000009
try trace --limit many
try trace --since yesterday
'
