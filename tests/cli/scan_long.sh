# SPDX-License-Identifier: BSD-2-Clause
# A line beyond the bound is one bad line; the next is read as ever.
long() { head -c "$1" /dev/zero | tr '\0' x; }
{
    printf '{"text":"'; long 3000000; printf '"}\n'
    printf '{"id":2,"text":"the last day"}\n'
} | fanzhactl scan --patterns good --format jsonl
echo "exit $?"
# The longest text that is judged whole, and one code point more.
for length in 39002 39003; do
    { printf '{"id":%d,"text":"' $length; long $length; printf ' the last day"}\n'; } |
        fanzhactl scan --patterns good --format jsonl
done
