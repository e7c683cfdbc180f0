# SPDX-License-Identifier: BSD-2-Clause
# Every rule in force by an override shows the state that it is in.
fanzhactl rules list --config site/fanzha.conf
fanzhactl rules list --config site/fanzha.conf --state shadow --format json
fanzhactl rules show cli.fee --patterns good
fanzhactl rules grep "last day" --patterns good
fanzhactl rules grep courier --patterns good --format json
fanzhactl rules grep "nobody wrote this" --patterns good
echo "exit $?"
fanzhactl rules show cli.fees --patterns good
echo "exit $?"
fanzhactl rules delete cli.fee --patterns good
echo "exit $?"
