# SPDX-License-Identifier: BSD-2-Clause
# The verbs that ask the plugin, against a socket that answers as it does.
exec 2>&1
export socket=$ROOM/control
try() { echo "--- fanzhactl $*"; fanzhactl "$@" --socket "$socket"; echo "exit $?"; }
export -f try
echo "--- nobody is there"
try status
try reload
try bypass on
cli_plugin "$socket" bash -c '
try status
try status --format json
try metrics
try reload
try reload --format json
try bypass on --for 30m
try status
try bypass on --identity shop --for 90s --format json
try bypass off
touch "$socket.refuse"
try reload --wait
try status --format json
rm "$socket.refuse"
touch "$socket.late"
try reload --wait
try status --format json
try reload
try status --format json
echo "--- by the configuration"
printf "control = { socket = \"control\"; };" > "$ROOM/fanzha.conf"
fanzhactl status --config "$ROOM/fanzha.conf" --format json
echo "exit $?"
'
