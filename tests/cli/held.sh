# SPDX-License-Identifier: BSD-2-Clause
exec 2>&1
printf 'store = { path = "q.db"; key-file = "q.key"; };' > "$ROOM/fanzha.conf"
held() { echo "--- held $*"; fanzhactl held --config "$ROOM/fanzha.conf" "$@"; echo "exit $?"; }
audit() { echo "--- audit $*"; fanzhactl audit verify --config "$ROOM/fanzha.conf" "$@"; echo "exit $?"; }
held | sed 's/: [^:]*$//'
cli_store "$ROOM/q.db" "$ROOM/q.key" || echo "no store"
held
held --format json
held --state evidence --format json
held --sender +999100200300 | tail -2
held --sender +999100200301
held --after 1 --limit 5 | tail -2
audit
audit --format json
# someone helps himself
cli_store --tamper "$ROOM/q.db" || echo "nothing was changed"
audit
audit --format json
