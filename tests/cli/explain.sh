# SPDX-License-Identifier: BSD-2-Clause
explain() { echo "--- $*"; fanzhactl explain "$@"; echo "exit $?"; }
explain --patterns good "See you at noon"
explain --patterns good "Courier: pay the customs fee, this is the LAST day. Use the tracking portal"
explain --patterns good "您的快递需补缴清关费"
explain --patterns good "card number, please reply"
explain --patterns good "the last d​ay"
explain --config site/fanzha.conf "the last day"
explain --config site/fanzha.conf --identity shop --direction mt "courier, a customs fee, the last day"
explain --config site/fanzha.conf "an instant loan"
explain --patterns good --format json "the last day"
printf 'the last day\n' | fanzhactl explain --patterns good -
printf 'bad \xff' | fanzhactl explain --patterns good -
echo "exit $?"
