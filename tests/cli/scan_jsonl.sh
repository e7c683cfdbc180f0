# SPDX-License-Identifier: BSD-2-Clause
# Every kind of line, in order: verdicts, octets as on the box protocol, faults.
fanzhactl scan --patterns good --format jsonl <<'LINES'
{"id":"pass","direction":"mt","sender":"+999100","receiver":"+999200","text":"See you at noon"}
{"id":"rewrite","text":"Your courier asks for a customs fee, thanks"}
{"id":"rewrite-zh","text":"您的快递需补缴清关费,谢谢"}
{"id":"warn","text":"the last day"}
{"id":"quarantine","text":"courier: customs fee, last day"}
{"id":"reject","text":"card number please reply"}
{"id":"links","text":"包裹见ｗｗｗ．shop。example/Pa，加微信abc_123"}
{"id":"shadow counts","text":"the tracking portal"}
{"id":7,"coding":0,"octets":"746865206c61737420646179"}
{"id":"8-bit","coding":1,"octets":"746865206c61737420646179"}
{"id":"ucs2","coding":2,"octets":"60a87"}
{"id":"ucs2","coding":2,"octets":"60a876845feb9012970088657f346e05517382d9"}
{"id":"ucs2 fee","coding":2,"octets":"60a876845feb9012970088657f346e0551738d39"}
{"id":"a part","coding":0,"udh":"050003110201","octets":"746865206c61737420646179"}
{"id":"undefined","coding":-1,"octets":"746865206c61737420646179"}
{"id":"not text","coding":1,"octets":"0001feff"}
{"text":"no id","time":"2026-01-01T00:00:00+08:00"}
{"text":"no id","time":1767200000.5,"identity":"shop","boxc":"b","account":"a","service":"s","smsc":"x"}
{"id":"null is absent","text":"x","sender":null,"time":null}
not json
[]
"text"

{"id":"no text"}
{"text":5}
{"text":"x","octets":"00"}
{"coding":3,"octets":"00"}
{"coding":"0","octets":"00"}
{"coding":0}
{"coding":0,"octets":"0"}
{"coding":0,"octets":"zz"}
{"text":"x","udh":"5"}
{"text":"x","direction":"up"}
{"text":"x","sender":5}
{"text":"x","time":"noon"}
{"text":"x","time":true}
{"text":"last line has no newline"}
LINES
echo "exit $?"
printf '{"text":"not UTF-8 \xff"}\n{"text":"fine"}' |
    fanzhactl scan --patterns good --format jsonl
echo "exit $?"
