# SPDX-License-Identifier: BSD-2-Clause
printf 'See you at noon\nthe last day\n您的快递需补缴清关费\nbad \xff octets\n\n' |
    fanzhactl scan --patterns good --patterns site/sets
echo "exit $?"
