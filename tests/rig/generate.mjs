// SPDX-License-Identifier: BSD-2-Clause
//
// generate.mjs - messages of every shape that the box protocol can carry, and
// texts that almost match a rule
//
// For the octet-for-octet tests: nothing here matches a rule of ALMOST, a
// third of the messages miss one by a character, a gap or the order.

import { SMS_TYPE, UNDEFINED } from './frames.mjs';
import { GSM_CHARS, ucs2Encode } from './gsm.mjs';
import { partHeader } from './parts.mjs';

/** Live rules for near misses: words in order, at most `gap` between. Their
 *  characters are used by no other text below. */
export const ALMOST = [
  { id: 'almost.account', words: ['安全账户', '立即转账'], gap: 10 },
  { id: 'almost.authority', words: ['公安局', '涉嫌洗钱'], gap: 20 },
  { id: 'almost.refund', words: ['退款', '验证链接'], gap: 5 },
  { id: 'almost.loan', words: ['无抵押', '秒到', '贷款'], gap: 6 },
  { id: 'almost.parcel', words: ['parcel', 'customs', 'fee'], gap: 12 },
  { id: 'almost.prize', words: ['winner', 'claim'], gap: 8 },
  { id: 'almost.verify', words: ['verify', 'wallet'], gap: 15 },
  { id: 'almost.unpaid', words: ['unpaid', 'toll'], gap: 4 },
];

/** The rules in rules.conf's terms. */
export function almostRules(more = {}) {
  return ALMOST.map(({ id, words, gap }) => ({
    id, title: `Words of ${id} in order`, owner: 'rules@example.test',
    phrase: words.join(` ~${gap} `), action: 'reject', reason: 'phishing',
    ...more,
  }));
}

// No character of a rule's words, nothing that folds to one.
const CALM_LATIN = [...'bghjkqzBGHJKQZ'];
const CALM_HAN = [...'天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏'];
const CALM_OTHER = [...' .,;:!?-+*()0123456789', ...'éüñßøåÄÖ', '\n', '…',
  '“', '”', 'ﬀ', '①', '㎏', 'ｂｇ', '\u200b', '\u202e', '\u0301', '\ufeff',
  '😀', '👨‍👩‍👧', '🇨🇳', '\u{20000}', '\u0000'];

/** Text of `count` characters that no rule of ALMOST speaks of. */
function calmText(random, count) {
  const kind = random.between(0, 3);
  const from = [CALM_LATIN, CALM_HAN, CALM_OTHER,
    [...CALM_LATIN, ...CALM_HAN, ...CALM_OTHER]][kind];
  let text = '';
  for (let i = 0; i < count; i++)
    text += random.pick(from);
  return text;
}

/** A text that a rule of ALMOST misses by little. Of 8-bit octets that are not
 *  all text only the printable ASCII is looked at, so there the filler is of
 *  that kind: it must not vanish. */
export function nearMiss(random, coding = 0) {
  const { words, gap } = random.pick(ALMOST);
  const [first, ...rest] = words;
  const from = coding === 1 ? CALM_LATIN : CALM_HAN;
  const filler = (count) => ` ${Array.from({ length: count },
    () => random.pick(from)).join('')} `;
  switch (random.between(0, 6)) {
  case 0: // too many between
    return `${first}${filler(gap + random.between(1, 3))}` +
      rest.join(filler(1));
  case 1: // the wrong order
    return [...words].reverse().join(random.pick([' ', '', ',']));
  case 2: // the last word is missing its end
    return words.join(' ').slice(0, -1);
  case 3: { // a character of the first word is another one
    const chars = [...first];
    chars[random.between(0, chars.length - 1)] = random.pick(from);
    return [chars.join(''), ...rest].join(' ');
  }
  case 4: // only the last word, often
    return Array(random.between(1, 20)).fill(words.at(-1)).join(' ');
  case 5: { // the first word is torn apart
    const chars = [...first];
    chars.splice(1, 0, random.pick(from));
    return [chars.join(''), ...rest].join(' ');
  }
  default: // the first word, often; the next one never
    return Array(random.between(1, 30)).fill(first).join(filler(2));
  }
}

function anyLength(random) {
  const dice = random.fraction();
  if (dice < 0.02)
    return 0;
  if (dice < 0.9)
    return random.between(1, 160);
  return dice < 0.995 ? random.between(161, 1600) : random.between(1601, 13000);
}

function anyUdh(random) {
  switch (random.between(0, 11)) {
  // "1 of 1": a part of more would wait for others that never come
  case 0: return Buffer.from([5, 0, 3, random.between(0, 255), 1, 1]);
  case 1: return Buffer.from([6, 8, 4, 1, random.between(0, 255), 1, 1]);
  case 2: return Buffer.from([6, 5, 4, 0x0b, 0x84, 0x23, 0xf0]);
  case 3: return Buffer.from([3, 0x24, 1, random.between(0, 13)]);
  case 4: return Buffer.from([6, 0x24, 1, 3, 0x25, 1, 3]);
  case 5: return Buffer.from([11, 5, 4, 0x0b, 0x84, 0x23, 0xf0, 0, 3, 9, 1, 1]);
  case 6: return Buffer.from([5, 0, 3, 1, 2, 9]);     // part 9 of 2
  case 7: return Buffer.from([200, 0, 3, 1]);         // longer than itself
  case 8: return random.octets(random.between(1, 140));
  case 9: return Buffer.alloc(0);
  default: return null;
  }
}

/** Octets for `coding`, well formed or not. */
function anyOctets(random, coding, text) {
  if (random.chance(0.04))
    return random.octets(random.between(1, 200));
  if (coding === 2) {
    const octets = ucs2Encode(text);
    if (random.chance(0.03)) // an odd octet, half a pair
      return Buffer.concat([octets, random.octets(random.pick([1, 1, 2]))]);
    return octets;
  }
  const octets = Buffer.from(text);
  if (random.chance(0.03) && octets.length > 1) // torn inside a character
    return octets.subarray(0, octets.length - 1);
  return octets;
}

const maybe = (random, probability, value) =>
  random.chance(probability) ? value() : null;

/** One sms, as a box may send it. */
export function anyMessage(random) {
  const coding = random.pick([0, 0, 0, 1, 2, 2, 2, UNDEFINED]);
  let text;
  if (random.chance(1 / 3)) {
    text = nearMiss(random, coding);
    if (random.chance(0.5))
      text = calmText(random, random.between(0, 40)) + text +
        calmText(random, random.between(0, 40));
  } else if (coding === 0 && random.chance(0.3)) {
    text = '';
    for (let i = anyLength(random); i > 0; i--)
      text += random.pick(GSM_CHARS);
    text = text.replace(/[a-z]/gi, 'q');
  } else {
    text = calmText(random, anyLength(random));
  }
  const number = () => `+86138${random.between(10000000, 99999999)}`;
  const anyString = () => random.pick([
    () => Buffer.alloc(0), () => Buffer.from('name-7'),
    () => Buffer.from('名字'), () => random.octets(random.between(1, 60)),
  ])();
  const anyInteger = () => random.pick([UNDEFINED, UNDEFINED, 0, 1, 2, 7, 255,
    86400, 0x7fffffff, -0x80000000]);
  return {
    type: 'sms',
    sender: random.pick([number, number, () => '10086', () => 'Bank',
      () => '', () => null])(),
    receiver: random.pick([number, number, number, () => '', () => null])(),
    udhdata: maybe(random, 0.3, () => anyUdh(random)),
    msgdata: random.chance(0.01) ? null : anyOctets(random, coding, text),
    time: random.pick([1700000000, 0, UNDEFINED, 0x7fffffff]),
    smsc_id: maybe(random, 0.3, anyString),
    smsc_number: maybe(random, 0.1, anyString),
    foreign_id: maybe(random, 0.1, anyString),
    service: maybe(random, 0.7, anyString),
    account: maybe(random, 0.3, anyString),
    id: random.uuid(),
    sms_type: random.pick([SMS_TYPE.mtPush, SMS_TYPE.mtPush, SMS_TYPE.mtReply,
      SMS_TYPE.mo]),
    mclass: anyInteger(), mwi: anyInteger(), coding,
    compress: anyInteger(),
    validity: random.pick([UNDEFINED, UNDEFINED, 2000000000]),
    deferred: random.pick([UNDEFINED, UNDEFINED, 1900000000]),
    dlr_mask: random.pick([UNDEFINED, 0, 1, 31, 0x7fffffff]),
    dlr_url: maybe(random, 0.4, anyString),
    pid: anyInteger(), alt_dcs: anyInteger(), rpi: anyInteger(),
    charset: maybe(random, 0.1, () => Buffer.from('UTF-8')),
    boxc_id: maybe(random, 0.3, anyString),
    binfo: maybe(random, 0.2, anyString),
    msg_left: anyInteger(), priority: anyInteger(), resend_try: anyInteger(),
    resend_time: anyInteger(),
    meta_data: maybe(random, 0.3, () => Buffer.from('?smpp?tag=1&x=%E4')),
  };
}

/** A longer message in 2 to 8 parts, by number, as senders cut them: between
 *  characters, with a header each. `reference` is nobody else's. */
function anyParts(random, reference) {
  const whole = anyMessage(random);
  const coding = whole.coding === UNDEFINED ? 0 : whole.coding;
  const chars = [...nearMiss(random, coding) +
    calmText(random, random.between(8, 400))];
  const total = random.between(2, 8);
  const cuts = Array.from({ length: total - 1 },
    () => random.between(0, chars.length)).sort((a, b) => a - b);
  // next to an application port or a national alphabet, before or behind
  const more = random.pick([null, null, Buffer.from([0x24, 1, 3]),
    Buffer.from([5, 4, 0x0b, 0x84, 0x23, 0xf0])]);
  const behind = random.chance(0.5);
  const header = (number) => {
    const part = partHeader(reference, total, number, true);
    if (!more)
      return part;
    const elements = behind ? [part.subarray(1), more]
      : [more, part.subarray(1)];
    return Buffer.concat([Buffer.from([part[0] + more.length]), ...elements]);
  };
  return Array.from({ length: total }, (_, at) => ({
    ...whole, coding, id: random.uuid(), udhdata: header(at + 1),
    msgdata: anyTextOctets(coding,
      chars.slice(cuts[at - 1] ?? 0, cuts[at]).join('')),
  }));
}

const anyTextOctets = (coding, text) =>
  coding === 2 ? ucs2Encode(text) : Buffer.from(text);

/**
 * Messages in the order in which they are sent, about `count`: some in parts,
 * which stand in any order with other messages between them.
 *
 * @return { sent, longer: arrays of parts by number, singles }
 */
export function anyTraffic(random, count) {
  const placed = [], longer = [], singles = [];
  while (placed.length < count) {
    const at = placed.length;
    if (random.chance(0.05)) {
      const parts = anyParts(random, longer.length);
      longer.push(parts);
      for (const part of parts)
        placed.push({ at: at + random.between(0, 40), message: part });
    } else {
      singles.push(anyMessage(random));
      placed.push({ at, message: singles.at(-1) });
    }
  }
  return { longer, singles,
    sent: placed.sort((a, b) => a.at - b.at).map(({ message }) => message) };
}
