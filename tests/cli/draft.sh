# SPDX-License-Identifier: BSD-2-Clause
# What samples share, and others do not; a rule to begin with, which holds.
cat > "$ROOM/samples" <<'LINES'
【海河公安局】您名下账户涉嫌洗钱,请将资金转入安全账户配合调查
【远山检察院】经查您涉嫌洗钱犯罪，请立即把余额转到安全账户接受清查
您的银行卡涉嫌洗钱，民警要求把资金转入安全账户，切勿告诉家人
{"sender":"10690001","text":"我是王警官，您涉嫌洗钱，配合调查请加微信 abc12345"}
LINES
cat > "$ROOM/others" <<'LINES'
涉嫌洗钱的新闻：两人落网
【海河银行】安全账户功能已上线
See you at noon
LINES
fanzhactl draft "$ROOM/samples" --corpus "$ROOM/others" --id cn.case.move
fanzhactl draft "$ROOM/samples" --format json
cat > "$ROOM/english" <<'LINES'
Your parcel is held, pay the customs fee at http://a.example/x
DHX: parcel held at depot. Pay customs fee here http://b.example/y
LINES
mkdir "$ROOM/set"
{
    echo 'set = { name = "d"; title = "t"; owner = "rules@example.test"; };'
    echo 'rules = ('
    fanzhactl draft "$ROOM/english" --id d.fee | sed '1,/to begin with/d'
    echo ');'
} > "$ROOM/set/rules.conf"
cat "$ROOM/set/rules.conf"
fanzhactl test "$ROOM/set"
printf 'one thing\nanother matter\n' | fanzhactl draft -
echo "exit $?"
fanzhactl draft "$ROOM/nothing"
echo "exit $?"
