# SPDX-License-Identifier: BSD-2-Clause
run() { echo "--- test $*"; fanzhactl test "$@"; echo "exit $?"; }
exec 2>&1
run good
run --config site/fanzha.conf
run failing
run failing --format json
run failing --format junit
run good --format junit
run broken/two
fanzhactl test failing --format junit > "$ROOM/junit.xml"
python3 junit.py "$ROOM/junit.xml"
