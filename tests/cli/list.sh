# SPDX-License-Identifier: BSD-2-Clause
# Lists: built of feeds, asked, compared, signed.
exec 2>&1 # in the order in which it is said
cd "$ROOM" || exit 1
now="--time 2026-03-10T12:00:00Z"
build() { fanzhactl list build $now "$@"; echo "exit $?"; }

cat > ours.list <<'LIST'
allow ours host:bank.example #case-1,known to us
allow ours .qq.com
shared ours host:pages.example
block scam tel:+86-138-0000-0000 30d 6.5
block scam ip:198.51.100.0/24 2026-03-12
block scam host:t.cn
block scam host:docs.qq.com
block scam host:pages.example
deny scam host:a.example
block scam host:old.example 2026-01-01
LIST
cat > open.txt <<'LIST'
https://phish.example/login?id=1
http://bank.example/
b.example
b.example
not a host
co.uk
LIST
cat > urlhaus.csv <<'LIST'
# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter
"1","2026-03-10 08:00:05","http://203.0.113.7/x.sh","online","","malware_download","elf","l","r"
"2","2026-03-10 08:00:05","http://203.0.113.8/
LIST

echo "--- build"
build ours.list --category phishing openphish=open.txt \
    --category malware --score 7 urlhaus.csv -o lists.fzl --progress none
sort lists.fzl.report
echo "--- the same as JSON"
build ours.list -o ours.fzl --summary json --no-report |
    sed -e 's/"ms":[0-9]*/"ms":N/' -e 's/"octets":[0-9]*/"octets":N/'
ls
echo "--- ask"
questions() {
    cat <<'LINES'
{"url":"http://phish.example/login?id=1"}
{"url":"HTTPS://u@Phish.Example:8443/x/../login?id=1#f"}
{"url":"http://phish.example/login?id=2"}
{"url":"http://bank.example/x"}
{"url":"http://docs.qq.com/form"}
{"url":"http://www.qq.com/"}
{"key":"tel:+8613800000000"}
{"key":"ip:198.51.100.77"}
{"key":"b.example"}
{"url":"http://203.0.113.7/x.sh"}
{"key":"qq:1"}
{"url":"http://"}
{"key":5}
nothing
LINES
}
questions | fanzhactl list query $now lists.fzl --format jsonl
echo "exit $?"
fanzhactl list query $now lists.fzl http://bank.example/ host:b.example \
    tel:+8613800000000 unknown.example domain:x
echo "exit $?"
fanzhactl list query --time 2026-03-13T00:00:00Z lists.fzl ip:198.51.100.77
echo "--- stats"
touch -d 2026-03-10T11:00:00Z ours.list open.txt urlhaus.csv
build ours.list --category phishing openphish=open.txt urlhaus.csv \
    -o lists.fzl > /dev/null
fanzhactl list stats $now lists.fzl | sed -e 's/[0-9,]* octets/N octets/'
fanzhactl list stats $now lists.fzl --format json |
    sed -e 's/"octets":[0-9]*/"octets":N/'
echo "--- diff"
cp lists.fzl former.fzl
printf 'c.example\nhttps://phish.example/login?id=1\n' > open2.txt
build ours.list --category phishing openphish=open2.txt -o lists.fzl > /dev/null
fanzhactl list diff former.fzl lists.fzl open.txt open2.txt --max-removed 50%
echo "exit $?"
fanzhactl list diff former.fzl lists.fzl --max-added 1%
echo "exit $?"
fanzhactl list diff former.fzl former.fzl --output-format json
fanzhactl list diff former.fzl ours.fzl
echo "exit $?"
echo "--- what fails leaves the former list"
cksum < lists.fzl > before
printf '# nothing\n' > empty.list
build empty.list -o lists.fzl
build no-such.txt -o lists.fzl
build open.txt ./open.txt -o lists.fzl
fanzhactl list build $now open.txt --dry-run -o lists.fzl | tail -1
fanzhactl list build $now open.txt --strict --dry-run -o lists.fzl > /dev/null
echo "exit $?"
cksum < lists.fzl | cmp - before && echo "it is the same"
build empty.list --empty-ok -o empty.fzl --no-report
echo "--- signed"
fanzhactl list key release
fanzhactl list key release
echo "exit $?"
fanzhactl list key other > /dev/null
build ours.list --sign release.key -o signed.fzl --no-report | tail -2
fanzhactl list query --public-key release.pub signed.fzl bank.example
fanzhactl list query --public-key other.pub signed.fzl bank.example
echo "exit $?"
fanzhactl list query --public-key release.pub ours.fzl bank.example
echo "exit $?"
build ours.list --sign release.pub -o signed.fzl --no-report
echo "--- broken files"
head -c 700 lists.fzl > cut.fzl
: > nothing.fzl
for file in cut.fzl nothing.fzl ours.list none.fzl; do
    fanzhactl list query $file a.example
    echo "exit $?"
done
cp lists.fzl flipped.fzl
printf 'X' | dd of=flipped.fzl bs=1 seek=500 conv=notrunc status=none
fanzhactl list stats flipped.fzl
echo "exit $?"
build open.txt -o flipped.fzl --no-report | tail -2
echo "--- usage"
fanzhactl list 2>&1 | head -1
fanzhactl list what
echo "exit $?"
fanzhactl list build -o x.fzl 2>&1 | head -1
fanzhactl list build --action deny open.txt -o x.fzl 2>&1 | head -1
fanzhactl list build --format xml open.txt -o x.fzl 2>&1 | head -1
fanzhactl list query lists.fzl 2>&1 | head -1
fanzhactl list build --progress json $now ours.list -o x.fzl --no-report 2>&1 \
    > /dev/null | head -2
