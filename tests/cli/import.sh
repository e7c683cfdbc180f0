# SPDX-License-Identifier: BSD-2-Clause
# A sheet becomes a set; what is wrong is told by the lines of the sheet.
cat > "$ROOM/good.csv" <<'LINES'
编号,关键词,分值,备注
a1,安全账户|安全帐户,6.0,资金转入
a2,"涉嫌洗钱+配合调查",,"两行
备注"

a4,刷单返利(高),,
LINES
fanzhactl import "$ROOM/good.csv" --set campaign --owner rules@example.test \
    -o "$ROOM/set"
cat "$ROOM/set/rules.conf" "$ROOM/set/sheet.tsv"
printf '请将资金转入安全帐户\n您涉嫌洗钱，请配合调查\n刷单返利（高）\n' |
    fanzhactl scan --patterns "$ROOM/set"
cat > "$ROOM/bad.csv" <<'LINES'
word;score;shoe size
fine;5;43
;5;44
two|words;nine;45
LINES
fanzhactl import "$ROOM/bad.csv" --set bad --owner rules@example.test \
    -o "$ROOM/bad"
echo "exit $?"
printf 'score,title\n5,x\n' > "$ROOM/none.csv"
fanzhactl import "$ROOM/none.csv" --set none --owner o@example.test -o "$ROOM/n"
echo "exit $?"
printf 'word\n\xff\n' > "$ROOM/latin.csv"
fanzhactl import "$ROOM/latin.csv" --set none --owner o@example.test -o "$ROOM/n"
echo "exit $?"
printf 'phrase\ncustoms ~10 (fee|tax)\n' > "$ROOM/phrases.csv"
fanzhactl import "$ROOM/phrases.csv" --phrases --set p --owner o@example.test \
    --state active -o "$ROOM/p"
echo 'the customs want a tax' | fanzhactl scan --patterns "$ROOM/p"
# nothing is left out in silence
printf '编号,关键词\n#1,alpha bravo\n2,charlie delta\n' > "$ROOM/hash.csv"
fanzhactl import "$ROOM/hash.csv" --set h --owner o@example.test -o "$ROOM/h"
echo "exit $?"
printf 'phrase,key\n#6 code,a1\ncode ~5 #6,a2\n' > "$ROOM/digits.csv"
fanzhactl import "$ROOM/digits.csv" --phrases --set d --owner o@example.test \
    -o "$ROOM/d" --state active
echo '123456 code' | fanzhactl scan --patterns "$ROOM/d"
printf 'word\nalpha bravo\n"charlie delta\necho foxtrot\n' > "$ROOM/open.csv"
fanzhactl import "$ROOM/open.csv" --set o --owner o@example.test -o "$ROOM/o"
echo "exit $?"
