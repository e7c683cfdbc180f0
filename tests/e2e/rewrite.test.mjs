// SPDX-License-Identifier: BSD-2-Clause
//
// rewrite.test.mjs - a rewritten message reaches the phone in the alphabet it
// was written in, in no more short messages than its profile allows, and no
// character of it is cut

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Gateway } from '../rig/gateway.mjs';
import { gsmDecode, ucs2Decode } from '../rig/gsm.mjs';

const RULES = `
set = { name = "fit"; title = "One rule for each way to rewrite";
        owner = "rules@example.test"; language = "en"; };
rules = (
  { id = "fit.replace"; title = "Replaced"; phrase = "parcel fee";
    action = "rewrite"; rewrite = { replace = "[fee removed: 0€]"; };
    reason = "phishing"; match = [ "the parcel fee" ]; },
  { id = "fit.front"; title = "A warning in front"; phrase = "lucky winner";
    action = "rewrite"; rewrite = { prepend = "[Scam?] "; };
    reason = "phishing"; match = [ "a lucky winner" ]; },
  { id = "fit.behind"; title = "A warning behind"; phrase = "secret lottery";
    action = "rewrite"; rewrite = { append = " [Scam?]"; };
    reason = "phishing"; match = [ "the secret lottery" ]; },
  { id = "fit.mask"; title = "Masked"; phrase = "golden ticket";
    action = "rewrite"; rewrite = { kind = "mask"; };
    reason = "phishing"; match = [ "one golden ticket" ]; },
  { id = "fit.defang"; title = "Defanged"; regex = "http://bad\\\\.example/[a-z]+";
    action = "rewrite"; rewrite = { kind = "defang"; };
    reason = "phishing"; match = [ "http://bad.example/a" ]; },
  { id = "fit.han"; title = "A warning in Han"; phrase = "royal heir";
    action = "rewrite"; rewrite = { prepend = "谨防诈骗 "; };
    reason = "phishing"; match = [ "a royal heir" ]; }
);
`;

let gateway;
before(async () => {
  gateway = await Gateway.start({ name: 'rewrite', patterns: ['fit'],
    files: { 'fit/rules.conf': RULES } });
});
after(() => gateway?.close());

const CONCAT = 0x00;
const partOf = ({ udh }) => udh?.[1] === CONCAT
  ? { total: udh[4], number: udh[5] } : { total: 1, number: 1 };

/** All short messages that a phone got of one message, joined. */
async function received(to, count) {
  const mine = () => gateway.smsc.submits.filter((s) => s.receiver === to);
  await gateway.smsc.submitted(() => mine().length === count);
  // between the same two, order is kept: nothing is still to come
  await gateway.send({ from: '10086', to, text: 'end' });
  await gateway.smsc.submitted((s) => s.receiver === to && s.text === 'end');
  const parts = mine().slice(0, -1);
  assert.equal(parts.length, count);
  parts.sort((a, b) => partOf(a).number - partOf(b).number);
  parts.forEach((part, i) => assert.deepEqual(partOf(part),
    { total: count, number: i + 1 }));
  return parts;
}

const filler = (length) => 'abcdefg '.repeat(length).slice(0, length);

// 160 septets alone and 153 each of several; 70 and 67 characters of UCS-2
const rows = [
  { name: 'words are replaced, extension characters count two',
    text: `5€ {ok} the parcel fee ${filler(100)}`,
    want: `5€ {ok} the [fee removed: 0€] ${filler(100)}` },
  { name: 'a full message gets a second for the warning',
    text: `lucky winner ${filler(147)}`,
    want: `[Scam?] lucky winner ${filler(147)}`, segments: 2 },
  { name: 'two full ones get a third', text: `lucky winner ${filler(293)}`,
    want: `[Scam?] lucky winner ${filler(293)}`, segments: 3 },
  { name: 'a warning stands behind', text: 'the secret lottery, 5€',
    want: 'the secret lottery, 5€ [Scam?]' },
  { name: 'words are masked', text: 'one golden ticket left',
    want: 'one ************* left' },
  { name: 'a link is defanged in what the alphabet has',
    text: 'see http://bad.example/abc now',
    want: 'see hxxp://bad(.)example/abc now' },
  { name: 'an extension character is not cut where a message ends',
    text: `lucky winner ${'€'.repeat(73)}x`,
    want: `[Scam?] lucky winner ${'€'.repeat(73)}x`, segments: 2 },
  { name: 'Han words make it UCS-2 where that costs no more than allowed',
    text: `a royal heir ${filler(60)}`, coding: 2,
    want: `谨防诈骗 a royal heir ${filler(60)}`, segments: 2 },
  { name: 'where Han would cost more, short words of the alphabet stand in',
    text: `a royal heir ${filler(147)}`,
    want: `(suspected fraud) a royal heir ${filler(147)}`, segments: 2 },
  { name: 'UCS-2 stays UCS-2, no surrogate is cut', sent: 2, coding: 2,
    text: `lucky winner ${'😀'.repeat(28)}`,
    want: `[Scam?] lucky winner ${'😀'.repeat(28)}`, segments: 2 },
];

let count = 0;
for (const { name, text, sent = 0, coding = 0, want, segments = 1 } of rows)
  test(name, async () => {
    const to = `+861390001${String(++count).padStart(4, '0')}`;
    const answer = await gateway.send({ from: '10086', to, text,
      coding: sent });
    assert.equal(answer.status, 202, answer.body);
    const parts = await received(to, segments);
    const decode = coding === 2 ? ucs2Decode : gsmDecode;
    for (const part of parts) {
      assert.equal(part.coding, coding, 'the alphabet');
      const room = 140 - (part.udh?.length ?? 0);
      const used = coding === 2 ? part.octets.length
        : Math.ceil(part.octets.length * 7 / 8);
      assert.ok(used <= room, `${used} octets of ${room}`);
      assert.doesNotMatch(decode(part.octets), /[\ud800-\udbff]$/);
    }
    assert.equal(parts.map((part) => decode(part.octets)).join(''), want);
  });
