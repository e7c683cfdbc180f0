# SPDX-License-Identifier: BSD-2-Clause
fanzhactl --help
fanzhactl --version | sed 's/ [0-9.]* (Kannel [^)]*)/ VERSION (Kannel VERSION)/'
for verb in explain scan normalise lint test status metrics reload bypass held release audit; do
    echo "=== $verb"
    fanzhactl $verb --help
    echo "exit $?"
done
