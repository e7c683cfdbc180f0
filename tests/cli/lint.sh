# SPDX-License-Identifier: BSD-2-Clause
lint() { echo "--- lint $*"; fanzhactl lint "$@"; echo "exit $?"; }
exec 2>&1
lint good
lint --config site/fanzha.conf
lint broken/one broken/two
lint broken/one --format json
lint nowhere
lint --config nowhere.conf
printf 'mode = "enforce";\npaterns = "x";\n' > "$ROOM/fanzha.conf"
lint --config "$ROOM/fanzha.conf"
printf 'patterns = "%s";\noverride = "over.d";\n' "$PWD/good" > "$ROOM/fanzha.conf"
mkdir "$ROOM/over.d"
printf 'overrides = (\n  { id = "cli.feee"; state = "active"; } );\n' > "$ROOM/over.d/a.conf"
lint --config "$ROOM/fanzha.conf"
