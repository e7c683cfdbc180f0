// SPDX-License-Identifier: BSD-2-Clause
//
// assembly.test.mjs - longer messages whose parts come one at a time, in any
// order, each acknowledged before the next is sent: they are judged as the
// text a phone shows, and leave as they came, or together nowhere
//
// Sent by an application at smsbox, by a customer who binds by SMPP with a
// window of one, and by phones. bearerbox joins phones' parts by default;
// here it is told not to, but for one test.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Gateway, PATIENCE, TOP } from '../rig/gateway.mjs';
import { gsmEncode, ucs2Encode } from '../rig/gsm.mjs';
import { freePort, sleep, until } from '../rig/room.mjs';
import { Esme, SmppBox } from '../rig/smpp-box.mjs';
import { ruleFiles } from '../rig/kill.mjs';
import { partHeader } from '../rig/parts.mjs';
import { Random } from '../rig/random.mjs';

const RULES = [{ id: 'assembly.link', title: 'A payment link',
  owner: 'rules@example.test', action: 'quarantine', reason: 'phishing',
  regex: 'https?://pay\\.example/[a-z]+' }];
const CUSTOMER = { group: 'smsbox-route', 'smsbox-id': 'customer',
  shortcode: '10690' };
const IN_PARTS = { 'sms-combine-concatenated-mo': false };

function options(more = {}) {
  return { name: 'assembly', patterns: [`${TOP}tests/e2e/patterns/e2e`,
    'patterns/assembly'], files: ruleFiles('assembly', RULES),
  groups: [CUSTOMER], core: IN_PARTS, ...more };
}

// As the wrong order of proofs: neither the first nor the last comes last.
const WRONG = [3, 1, 5, 2, 4];
const HARMLESS = ['Your parcel waits', ' at the desk until', ' Friday, 5€',
  ' are to be paid', ', thank you'];
const WORD = ['To keep your parc', 'el send the esc', 'row dep', 'osit to',
  'day, thank you'];
const HAN = ['【公安', '局】您涉嫌洗钱', ',请将资金转入安', '全账', '户。'];
const LINK = ['Customs are due: ', 'http://pa', 'y.exam', 'ple/ab', 'c now'];
const REMOVED = ['Your parcel waits. See http://tr', 'ack.exa',
  'mple/abc until Friday'];
const PASS = ['Reply with your b', 'anking pas', 'sphra', 'se to', ' us'];

let gateway, esme, counted = 0, reference = 0x0102;
const nextNumber = () => `861390000${String(++counted).padStart(4, '0')}`;

async function customer(name = 'customer') {
  const box = await new SmppBox(gateway.room, await freePort(),
    gateway.ports.box).listen();
  return Esme.connect(gateway.room, box.port, name);
}

async function withGateway(more, body) {
  const outer = { gateway, esme };
  gateway = new Gateway(options(more));
  try {
    await gateway.start();
    esme = await customer();
    await body();
    gateway.assertAlive();
  } finally {
    await gateway.close();
    ({ gateway, esme } = outer);
  }
}

// --- who sends ---------------------------------------------------------------
/** Each sends one part and says what it heard; then what it heard of it later:
 *  every report, the newest last. */
const SENDERS = {
  'an application at smsbox': {
    identity: 'tester',
    async send(part) {
      const { status, body } = await gateway.send({ from: '10086',
        to: `+${part.to}`, text: part.text, coding: part.coding,
        udh: part.udh, dlrUrl: gateway.application.reportUrl(
          `${part.to}x${part.number}`) });
      const heard = { 202: 'accepted', 403: 'refused', 503: 'again' }[status];
      assert.ok(heard, `${status} ${body}`);
      return { heard, id: `${part.to}x${part.number}` };
    },
    reports: ({ id }) => gateway.application.reports
      .filter((r) => r.tag === id && r.type !== 8)
      .map(({ type, text }) => ({ good: type === 1, text })),
  },
  'a customer by SMPP, with a window of one': {
    identity: 'customer',
    async send(part) {
      const { status, id } = await esme.submit({ from: '10690', to: part.to,
        octets: part.octets, dataCoding: [0, 4, 8][part.coding],
        udh: part.udh });
      const heard = { 0: 'accepted', 0x45: 'refused', 0x14: 'again' }[status];
      assert.ok(heard, `${status}`);
      return { heard, id };
    },
    reports: ({ id }) => esme.received.filter((m) => m.esmClass === 4 &&
      m.text.includes(`id:${id} `)).map(({ text }) => ({
      good: text.includes('stat:DELIVRD'), text })),
  },
};

/** One longer message, part by part. */
class Long {
  constructor(texts, { coding = 0, wide = true, to = nextNumber() } = {}) {
    const encode = coding === 2 ? ucs2Encode : gsmEncode;
    const ref = reference++;
    this.to = to;
    this.texts = texts;
    this.parts = texts.map((text, at) => ({ to, text, coding, number: at + 1,
      octets: encode(text),
      udh: partHeader(ref, texts.length, at + 1, wide) }));
  }

  /** Parts one after the other, each when the one before was answered; their
   *  answers by number. */
  async send(sender, numbers) {
    const answers = {};
    for (const number of numbers)
      answers[number] = await sender.send(this.parts[number - 1]);
    return answers;
  }

  get submits() {
    return gateway.smsc.submits.filter((s) => s.receiver.endsWith(this.to));
  }

  /** All are at the phone, once, as they were sent; in order where they were
   *  sent within a second (see sameSecond). */
  async arrives({ inOrder = false } = {}) {
    await until(() => this.submits.length >= this.parts.length, () =>
      `${this.parts.length} parts at the SMSC; it got ${this.submits.length}`,
    { ms: PATIENCE });
    const numberOf = (submit) => submit.udh?.at(-1);
    const submits = inOrder ? this.submits : this.submits.sort(
      (a, b) => numberOf(a) - numberOf(b));
    assert.deepEqual(submits.map(numberOf),
      this.parts.map(({ number }) => number));
    for (const [at, part] of this.parts.entries()) {
      assert.deepEqual(submits[at].udh, part.udh, `header of part ${at + 1}`);
      assert.deepEqual(submits[at].octets, part.octets, `part ${at + 1}`);
      assert.equal(submits[at].coding, part.coding);
    }
  }

  async rows(wanted = 1) {
    const rows = () => gateway.held((row) => row.receiver.endsWith(this.to) ||
      row.sender.endsWith(this.to));
    await until(async () => (await rows()).length >= wanted,
      `a row of ${this.to}`);
    return rows();
  }

  /** Held as one item, and nothing of it is at the phone when a later message
   *  of the same sender is. */
  async isHeld(rule, sender) {
    const [row, ...others] = await this.rows();
    assert.deepEqual(others, []);
    assert.equal(row.state, 'held');
    assert.equal(row.rule, rule);
    assert.equal(row.text, this.texts.join(''));
    await later(sender, this.to);
    assert.deepEqual(this.submits.map((s) => s.text), ['a later one']);
  }
}

/** Of messages that wait for its SMSC at one time, bearerbox sends those of a
 *  later second first: begin where a second will not end soon, and has begun
 *  for time(2) too, which is told of it with the next tick. */
async function sameSecond() {
  const ms = Date.now() % 1000;
  if (ms < 50 || ms > 300)
    await sleep((1050 - ms) % 1000);
}

async function later(sender, to) {
  await sender.send({ to, text: 'a later one', octets: gsmEncode('a later one'),
    coding: 0, number: 'later', udh: null });
  await until(() => gateway.smsc.submits.some((s) =>
    s.receiver.endsWith(to) && s.text === 'a later one'), 'a later message');
}

const allHeard = (answers, heard) => {
  for (const [number, answer] of Object.entries(answers))
    assert.equal(answer.heard, heard, `part ${number}`);
};

async function allReported(sender, answers, good) {
  for (const [number, answer] of Object.entries(answers)) {
    await until(() => sender.reports(answer).length > 0,
      `a report on part ${number}`);
    assert.deepEqual(sender.reports(answer).map((r) => r.good), [good],
      `part ${number}`);
  }
}

const status = () => gateway.ask('status');
const waiting = async () => (await status()).assembly.parts;

describe('one at a time and in the wrong order', () => {
  before(async () => {
    gateway = await Gateway.start(options());
    esme = await customer();
  });
  after(() => gateway?.close());

  for (const [who, sender] of Object.entries(SENDERS)) {
    for (const { name, texts, ...how } of [
      { name: 'references of 16 bits', texts: HARMLESS },
      { name: 'references of 8 bits', texts: HARMLESS, wide: false },
      { name: 'UCS-2', texts: ['您的包裹', '已到😀', ',请于', '周五前来', '取。'],
        coding: 2 },
    ]) {
      test(`${who}, ${name}: they leave in order as they came, each reported`,
        async () => {
          const long = new Long(texts, how), others = await waiting();
          await sameSecond();
          const first = await long.send(sender, WRONG.slice(0, 4));
          assert.equal(await waiting(), others + 4);
          assert.deepEqual(long.submits, []);
          const last = await long.send(sender, WRONG.slice(4));
          allHeard({ ...first, ...last }, 'accepted');
          await long.arrives({ inOrder: true });
          await allReported(sender, { ...first, ...last }, true);
          assert.equal(await waiting(), others);
        });
    }

    for (const { name, texts, rule, ...how } of [
      { name: 'a word', texts: WORD, rule: 'e2e.escrow' },
      { name: 'a word, references of 8 bits', texts: WORD, rule: 'e2e.escrow',
        wide: false },
      { name: 'words of another script', texts: HAN, coding: 2,
        rule: 'e2e.safe-account' },
      { name: 'a link', texts: LINK, rule: 'assembly.link' },
    ]) {
      test(`${who}: ${name} split over parts is held as one message`,
        async () => {
          const long = new Long(texts, how);
          const answers = await long.send(sender, WRONG);
          allHeard(answers, 'accepted');
          await long.isHeld(rule, sender);
          for (const answer of Object.values(answers))
            assert.deepEqual(sender.reports(answer), []);
        });
    }

    test(`${who}: what was held leaves as its parts when a person lets it go`,
      async () => {
        const long = new Long(WORD);
        await sameSecond();
        const answers = await long.send(sender, WRONG);
        const [{ row }] = await long.rows();
        const { code, stderr } = await gateway.fanzhactl('release',
          String(row));
        assert.equal(code, 0, stderr);
        await long.arrives({ inOrder: true });
        await allReported(sender, answers, true);
        await until(async () => (await long.rows())[0].state === 'delivered',
          'the row to say so');
      });

    test(`${who}: what together is rejected refuses the last, and reports on ` +
      'the others', async () => {
      const long = new Long(PASS);
      const before4 = await long.send(sender, WRONG.slice(0, 4));
      allHeard(before4, 'accepted');
      allHeard(await long.send(sender, WRONG.slice(4)), 'refused');
      await allReported(sender, before4, false);
      for (const answer of Object.values(before4))
        assert.match(sender.reports(answer)[0].text, /err:F\d\d|err:\w{3}/);
      const [row] = await long.rows();
      assert.equal(row.state, 'evidence');
      assert.equal(row.text, PASS.join(''));
      await later(sender, long.to);
      assert.equal(long.submits.length, 1);
    });

    test(`${who}: a part that alone is rejected takes the others with it`,
      async () => {
        const long = new Long(['Hello, ', 'send your banking passphrase', '!']);
        const first = await long.send(sender, [3]);
        allHeard(first, 'accepted');
        allHeard(await long.send(sender, [2]), 'refused');
        await allReported(sender, first, false);
        allHeard(await long.send(sender, [1]), 'refused');
        await later(sender, long.to);
        assert.equal(long.submits.length, 1);
      });

    test(`${who}: what is rewritten goes out whole, split anew by bearerbox`,
      async () => {
        const filler = 'Your parcel waits at the desk until Friday evening; ' +
          'bring this message and a document with your name. ';
        const long = new Long([`${filler}See http://tr`, `ack.exa`,
          `mple/abc ${filler}`, filler, filler]);
        const answers = await long.send(sender, WRONG);
        allHeard(answers, 'accepted');
        const want = long.texts.join('')
          .replace('http://track.example/abc', '[link removed]');
        const count = Math.ceil(want.length / 153);
        await until(() => long.submits.length >= count, 'its segments');
        const segments = long.submits;
        assert.equal(segments.length, count);
        assert.equal(segments.map((s) => s.text).join(''), want);
        for (const [at, { udh, coding }] of segments.entries()) {
          assert.deepEqual(udh, partHeader(segments[0].udh[3], count, at + 1,
            false));
          assert.equal(coding, 0);
        }
        const [row] = await long.rows();
        assert.equal(row.state, 'evidence');
        assert.equal(row.text, long.texts.join(''));
      });

    for (const { stat, good } of [{ stat: 'DELIVRD', good: true },
      { stat: 'UNDELIV', good: false }]) {
      test(`${who}: what is rewritten is reported to each of its parts, ` +
        `${stat}`, async () => {
        const long = new Long(REMOVED);
        gateway.smsc.reports = () => stat;
        try {
          const answers = await long.send(sender, [2, 3, 1]);
          allHeard(answers, 'accepted');
          await until(() => long.submits.length === 1, 'it to leave');
          assert.equal(long.submits[0].text,
            'Your parcel waits. See [link removed] until Friday');
          await allReported(sender, answers, good);
          await until(async () => (await status()).assembly.awaiting === 0,
            'nobody to wait for a report');
          // one final report each, and nothing behind it
          await later(sender, long.to);
          await allReported(sender, answers, good);
          if (sender.identity === 'tester') // SMPP has none of these
            for (const { id } of Object.values(answers))
              assert.deepEqual(gateway.application.reports.filter((r) =>
                r.tag === id).map((r) => r.type).sort((a, b) => b - a),
              [8, good ? 1 : 2], id);
        } finally {
          gateway.smsc.reports = () => 'DELIVRD';
        }
      });
    }

    test(`${who}: a part that comes twice is accepted, and leaves once`,
      async () => {
        const long = new Long(HARMLESS);
        const answers = await long.send(sender, [3, 1, 5, 1, 3, 2, 4]);
        allHeard(answers, 'accepted');
        await long.arrives();
        await later(sender, long.to);
        assert.equal(long.submits.length, 6);
      });

    test(`${who}: after a bypass what waits leaves, what comes leaves at once`,
      async () => {
        const long = new Long(WORD);
        await sameSecond();
        allHeard(await long.send(sender, [1, 2]), 'accepted');
        await gateway.ask('bypass', { on: true, for_s: 60 });
        try {
          await until(() => long.submits.length === 2, 'those that waited');
          for (const number of [5, 4, 3]) {
            allHeard(await long.send(sender, [number]), 'accepted');
            await until(() => long.submits.at(-1).text ===
              WORD[number - 1], `part ${number}`);
          }
        } finally {
          await gateway.ask('bypass', { on: false });
        }
        assert.deepEqual(long.submits.map((s) => s.text),
          [1, 2, 5, 4, 3].map((number) => WORD[number - 1]));
        // and the whole was judged, though nothing could be done about it
        const record = await until(() => gateway.records().find((r) =>
          r.parts?.copies && r.bypass && r.identity === sender.identity),
        'a record of the whole');
        assert.deepEqual([record.verdict, record.acted, record.decider,
          record.parts.came], ['quarantine', 'pass', 'e2e.escrow',
          [1, 2, 3, 4, 5]]);
      });
  }

  test('parts of one message meet over different connections', async () => {
    const long = new Long(WORD);
    const other = await customer('customer-two');
    const two = { ...SENDERS['a customer by SMPP, with a window of one'],
      send: async (part) => ({ heard: (await other.submit({ from: '10690',
        to: part.to, octets: part.octets, udh: part.udh })).status === 0
        ? 'accepted' : 'not' }) };
    const [, one] = Object.values(SENDERS);
    allHeard(await long.send(one, [5, 2, 3]), 'accepted');
    allHeard(await long.send(two, [4, 1]), 'accepted');
    await long.isHeld('e2e.escrow', one);
  });

  // --- phones -----------------------------------------------------------------
  const fromPhone = async (long, to, numbers) => {
    for (const number of numbers) {
      const { octets, coding, udh } = long.parts[number - 1];
      assert.equal(await gateway.smsc.deliver({ from: `+${long.to}`, to, octets,
        coding, udh }), 0);
    }
  };
  const RECEIVERS = {
    'an application': { to: '10086',
      got: (from) => gateway.application.received
        .filter((m) => m.from === `+${from}`) },
    'a customer by SMPP': { to: '10690',
      got: (from) => esme.received.filter((m) => m.from.endsWith(from)) },
  };
  for (const [whom, { to, got }] of Object.entries(RECEIVERS)) {
    test(`a phone's parts to ${whom} leave in order as they came`, async () => {
      const long = new Long(HARMLESS);
      await fromPhone(long, to, WRONG);
      await until(() => got(long.to).length >= 5, 'five parts');
      // smsbox hands them to its application side by side
      const parts = whom === 'an application' ? got(long.to).sort(
        (a, b) => a.udh?.at(-1) - b.udh?.at(-1)) : got(long.to);
      assert.deepEqual(parts.map((m) => m.text), HARMLESS);
      if (whom === 'an application')
        assert.deepEqual(parts.map((m) => m.udh),
          long.parts.map((part) => part.udh));
    });

    for (const [what, texts, rule, coding] of [
      ['word', WORD, 'e2e.escrow', 0], ['link', LINK, 'assembly.link', 0],
      ['word of another script', HAN, 'e2e.safe-account', 2]]) {
      test(`a ${what} split over a phone's parts to ${whom} is held as one`,
        async () => {
          const long = new Long(texts, { coding });
          await fromPhone(long, to, WRONG);
          await gateway.smsc.deliver({ from: `+${long.to}`, to,
            text: 'a later one' });
          await until(() => got(long.to).length > 0, 'a later one');
          const rows = await long.rows();
          assert.deepEqual(rows.map((row) => [row.state, row.rule, row.text,
            row.direction]), [['held', rule, texts.join(''), 'mo']]);
          assert.deepEqual(got(long.to).map((m) => m.text), ['a later one']);
        });
    }
  }

  test('the figures tell the same story', async () => {
    const { assembly, counters, store } = await status();
    assert.equal(assembly.pending, 2, 'each sender\'s refusal is remembered');
    assert.equal(assembly.leaving, 0);
    assert.equal(assembly.reporting, 0);
    const rows = await gateway.held();
    assert.equal(store.items.held,
      rows.filter((row) => row.state === 'held').length);
    assert.ok(counters.parts.mt.joined > 0 && counters.parts.mo.joined > 0);
    assert.equal(counters.reports_lost, 0);
    gateway.assertAlive();
  });
});

// --- parts that stay away ------------------------------------------------------
test('a part that stays away: the failure policy, at the end of the time',
  () => withGateway({ conf: { assembly: { 'timeout-s': 2 }, failure: {
    mt: { 'parts-missing': 'pass' }, mo: { 'parts-missing': 'quarantine' },
  } } }, async () => {
    const [, sender] = Object.values(SENDERS);
    const harmless = new Long(HARMLESS), fraud = new Long(WORD);
    const phone = new Long(HARMLESS);
    await sameSecond();
    const answers = await harmless.send(sender, [4, 2]);
    allHeard(answers, 'accepted');
    allHeard(await fraud.send(sender, [4, 3, 2]), 'accepted'); // in three parts
    for (const number of [5, 1])
      assert.equal(await gateway.smsc.deliver({ from: `+${phone.to}`,
        to: '10086', octets: phone.parts[number - 1].octets,
        udh: phone.parts[number - 1].udh }), 0);
    assert.deepEqual(harmless.submits, []);

    // MT passes: what came, in order
    await until(() => harmless.submits.length === 2, 'what came');
    assert.deepEqual(harmless.submits.map((s) => s.udh),
      [2, 4].map((number) => harmless.parts[number - 1].udh));
    await allReported(sender, answers, true);
    // fraud in what came is fraud
    const [row] = await fraud.rows();
    assert.deepEqual([row.state, row.rule, row.text],
      ['held', 'e2e.escrow', WORD.slice(1, 4).join('')]);
    assert.deepEqual(fraud.submits, []);
    // MO is held, harmless or not
    const [held] = await phone.rows();
    assert.deepEqual([held.state, held.direction], ['held', 'mo']);
    assert.ok(!gateway.application.received.some((m) =>
      m.from.endsWith(phone.to)));
    const { counters, assembly } = await status();
    assert.equal(counters.failures['parts-missing'].mt, 2);
    assert.equal(counters.failures['parts-missing'].mo, 1);
    assert.equal(assembly.pending, 0);
  }));

for (const { choice, then } of [
  { choice: 'quarantine', async then(first) {
    const [row] = await first.rows();
    assert.deepEqual([row.state, row.text], ['held', HARMLESS[1]]);
    assert.deepEqual(first.submits, []);
  } },
  { choice: 'pass', async then(first) {
    await until(() => first.submits.length === 1, 'what made room');
    assert.equal(first.submits[0].text, HARMLESS[1]);
  } },
]) {
  test(`more messages than may wait: the oldest makes room (${choice})`, () =>
    withGateway({ conf: { assembly: { 'max-pending': 2 },
      failure: { mt: { 'parts-overflow': choice } } } }, async () => {
      const [sender] = Object.values(SENDERS);
      const all = [0, 1, 2].map(() => new Long(HARMLESS));
      for (const long of all)
        allHeard(await long.send(sender, [2]), 'accepted');
      await then(all[0]);
      for (const long of all.slice(1)) {
        allHeard(await long.send(sender, [3, 5, 4, 1]), 'accepted');
        await long.arrives();
      }
      assert.equal((await status()).counters.failures['parts-overflow'].mt, 1);
    }));
}

test('more messages than may wait: whoever comes is put off (defer)', () =>
  withGateway({ core: {}, conf: { assembly: { 'max-pending': 1 },
    failure: { mt: { 'parts-overflow': 'defer' } } } }, async () => {
    const first = new Long(HARMLESS), second = new Long(HARMLESS);
    for (const sender of Object.values(SENDERS)) {
      const [one, two] = [new Long(HARMLESS), new Long(HARMLESS)];
      allHeard(await one.send(sender, [1]), 'accepted');
      allHeard(await two.send(sender, [1]), 'again');
      allHeard(await one.send(sender, [2, 3, 4, 5]), 'accepted');
      await one.arrives();
      allHeard(await two.send(sender, [1, 2, 3, 4, 5]), 'accepted');
      await two.arrives();
    }
    assert.equal((await status()).counters.failures['parts-overflow'].mt, 2);

    // bearerbox joins what phones send, as it does by default: likewise held
    for (const number of WRONG)
      assert.equal(await gateway.smsc.deliver({ from: `+${second.to}`,
        to: '10086', octets: gsmEncode(WORD[number - 1]),
        udh: first.parts[number - 1].udh }), 0);
    const rows = await second.rows();
    assert.deepEqual(rows.map((row) => [row.state, row.text]),
      [['held', WORD.join('')]]);
  }));

// --- observe -------------------------------------------------------------------
test('a list acts on the whole where no rule is active', () => {
  const shadow = { ...RULES[0], state: 'shadow' };
  return withGateway({ patterns: ['patterns/assembly'],
    files: ruleFiles('assembly', [shadow]) }, async () => {
    await gateway.ask('list-add', { key: 'host:pay.example', action: 'block',
      category: 'phishing' });
    for (const sender of Object.values(SENDERS)) {
      const long = new Long(LINK), fine = new Long(HARMLESS);
      const answers = await long.send(sender, WRONG);
      assert.equal(answers[WRONG.at(-1)].heard, 'refused');
      await fine.send(sender, WRONG);
      await fine.arrives();
      assert.deepEqual(long.submits, []);
    }
  });
});

test('in observe parts leave at once, and the whole is judged from copies', () =>
  withGateway({ conf: { mode: 'observe' } }, async () => {
    for (const sender of Object.values(SENDERS)) {
      const long = new Long(WORD);
      for (const [at, number] of WRONG.entries()) {
        allHeard(await long.send(sender, [number]), 'accepted');
        await until(() => long.submits.length === at + 1, `part ${number}`);
        assert.deepEqual(long.submits[at].octets,
          long.parts[number - 1].octets);
        assert.deepEqual(long.submits[at].udh, long.parts[number - 1].udh);
      }
    }
    const phone = new Long(LINK);
    for (const number of WRONG)
      assert.equal(await gateway.smsc.deliver({ from: `+${phone.to}`,
        to: '10086', octets: phone.parts[number - 1].octets,
        udh: phone.parts[number - 1].udh }), 0);
    await until(() => gateway.application.received.length === 5, 'its parts');
    assert.deepEqual(gateway.application.received.map((m) => m.text).sort(),
      [...LINK].sort());
    await until(() => gateway.records().length === 3, 'three records');
    assert.deepEqual(gateway.records().map((r) => [r.verdict, r.acted,
      r.decider, r.parts?.copies, r.parts?.came, r.disposition]), [
      ['quarantine', 'pass', 'e2e.escrow', true, [1, 2, 3, 4, 5], 'deliver'],
      ['quarantine', 'pass', 'e2e.escrow', true, [1, 2, 3, 4, 5], 'deliver'],
      ['quarantine', 'pass', 'assembly.link', true, [1, 2, 3, 4, 5],
        'deliver']]);
    assert.deepEqual(await gateway.held(), []);
  }));

// --- ends and kills ------------------------------------------------------------
test('what waits survives a restart of fanzhabox, and a kill', () =>
  withGateway({}, async () => {
    const [application, sender] = Object.values(SENDERS);
    for (const end of ['stop', 'kill']) {
      const harmless = new Long(HARMLESS), fraud = new Long(WORD);
      const phone = new Long(LINK), rejected = new Long(PASS);
      const app = new Long(WORD);
      const deliver = async (number) => assert.equal(await gateway.smsc.deliver({
        from: `+${phone.to}`, to: '10690',
        octets: phone.parts[number - 1].octets,
        udh: phone.parts[number - 1].udh }), 0);
      allHeard(await harmless.send(sender, [5, 3]), 'accepted');
      allHeard(await fraud.send(sender, [5, 3]), 'accepted');
      allHeard(await app.send(application, [5, 3]), 'accepted');
      const early = await rejected.send(application, [4, 2]);
      allHeard(early, 'accepted');
      await deliver(5);
      await deliver(2);
      await until(async () => await waiting() === 10, 'all to wait');

      await gateway.fanzhabox[end]();
      await gateway.startFanzhabox();
      assert.equal(await waiting(), 10);
      esme = await customer();
      // smsbox would take 11 s to come back
      await gateway.smsbox.kill();
      await gateway.startSmsbox();

      allHeard(await harmless.send(sender, [1, 2, 4]), 'accepted');
      await harmless.arrives();
      allHeard(await fraud.send(sender, [1, 2, 4]), 'accepted');
      await fraud.isHeld('e2e.escrow', sender);
      allHeard(await app.send(application, [2, 4, 1]), 'accepted');
      await app.isHeld('e2e.escrow', application);
      const more = await rejected.send(application, [3, 1]);
      allHeard(more, 'accepted');
      allHeard(await rejected.send(application, [5]), 'refused');
      await allReported(application, { ...early, ...more }, false);
      for (const number of [3, 1, 4])
        await deliver(number);
      const [row] = await phone.rows();
      assert.deepEqual([row.state, row.rule, row.text],
        ['held', 'assembly.link', LINK.join('')]);
      assert.equal(await waiting(), 0);
    }
  }));

test('a restart between a rewritten message and its report loses none', () =>
  withGateway({}, async () => {
    for (const { end, stat, good } of [
      { end: 'stop', stat: 'DELIVRD', good: true },
      { end: 'kill', stat: 'UNDELIV', good: false },
    ]) {
      const sent = [], reports = [];
      gateway.smsc.reports = () => new Promise((tell) => reports.push(tell));
      for (const sender of Object.values(SENDERS)) {
        const long = new Long(REMOVED);
        const answers = await long.send(sender, [3, 2, 1]);
        allHeard(answers, 'accepted');
        await until(() => long.submits.length === 1, 'it to leave');
        sent.push({ sender, answers });
      }
      await until(() => reports.length === 2, 'two reports to be due');
      await until(async () => (await status()).assembly.leaving === 0,
        'bearerbox to have taken both');
      assert.equal((await status()).assembly.awaiting, 4);

      await gateway.fanzhabox[end]();
      await gateway.startFanzhabox();
      assert.equal((await status()).assembly.awaiting, 4);
      esme = await customer();
      // smsbox would take 11 s to come back
      await gateway.smsbox.kill();
      await gateway.startSmsbox();
      for (const tell of reports)
        tell(stat);
      for (const { sender, answers } of sent)
        await allReported(sender, answers, good);
      await until(async () => (await status()).store.parts === 0,
        'the store to keep nothing of them');
    }
  }));

/** A customer who binds again when the bind is lost, sends one part at a time,
 *  and sends each until it is answered. */
class Stubborn {
  constructor(name, port, random) {
    Object.assign(this, { name, port, random, sent: [], stopped: false,
      midway: 0, again: 0 });
  }

  async run() {
    while (!this.stopped) {
      const fraud = this.random.fraction() < 0.4;
      const long = new Long(fraud ? WORD : HARMLESS);
      this.sent.push(Object.assign(long, { fraud }));
      for (const number of this.random.shuffle([1, 2, 3, 4, 5])) {
        await this.#part(long.parts[number - 1]);
        await sleep(this.random.between(0, 20));
      }
    }
    return this;
  }

  async #part(part) {
    for (let tries = 0; ; tries++) {
      this.again += tries > 0;
      try {
        this.midway++;
        this.bind ??= await Esme.connect(gateway.room, this.port, this.name);
        const { status } = await this.bind.submit({ from: '10690', to: part.to,
          octets: part.octets, udh: part.udh, report: false });
        if (status === 0)
          return;
      } catch {
        this.bind = undefined;
      } finally {
        this.midway--;
      }
      await sleep(50);
    }
  }
}

test('kill -9 in the middle loses nothing, and lets nothing by', (t) =>
  withGateway({}, async () => {
    const random = new Random(20261122);
    const box = await new SmppBox(gateway.room, await freePort(),
      gateway.ports.box).listen();
    const senders = [1, 2, 3, 4].map((n) => new Stubborn(`stubborn-${n}`,
      box.port, random));
    const all = Promise.all(senders.map((sender) => sender.run()));
    let killedWaiting = 0;
    for (const victim of ['fanzhabox', 'fanzhabox', 'bearerbox', 'fanzhabox',
      'bearerbox', 'fanzhabox']) {
      const sum = () => senders.reduce((count, s) => count + s.sent.length, 0);
      await sleep(random.between(300, 900));
      const waited = await waiting();
      const midway = senders.reduce((count, s) => count + s.midway, 0);
      await gateway[victim].kill();
      t.diagnostic(`${victim} killed: ${sum()} messages begun, ${midway} parts ` +
        `unanswered, ${waited} waited`);
      killedWaiting += waited;
      const begun = sum();
      await (victim === 'fanzhabox' ? gateway.startFanzhabox()
        : gateway.startBearerbox());
      await until(() => sum() > begun + 8, 'messages to be begun again',
        { ms: PATIENCE });
    }
    assert.ok(killedWaiting > 0, 'nothing waited at any kill');
    for (const sender of senders)
      sender.stopped = true;
    await all;
    const sent = senders.flatMap((sender) => sender.sent);
    const missing = () => sent.filter((long) => !long.fraud &&
      long.parts.some((part) => !long.submits.some((s) =>
        s.udh?.equals(part.udh) && s.octets.equals(part.octets))));
    await until(() => missing().length === 0,
      () => `harmless ones to arrive: ${JSON.stringify(missing()[0])}`,
      { ms: PATIENCE, every: 200 });
    const held = new Map();
    for (const row of await gateway.held((r) => r.state === 'held'))
      held.set(row.receiver, [...held.get(row.receiver) ?? [], row.text]);
    let copies = 0, rows = 0;
    for (const long of sent) {
      const texts = held.get(long.to) ?? [];
      if (!long.fraud) {
        assert.deepEqual(texts, [], 'a harmless one was held');
        copies += long.submits.length - 5;
        continue;
      }
      assert.deepEqual(long.submits, [], 'a part of a fraud came out');
      assert.ok(texts.length > 0, `${long.to} is lost`);
      for (const text of texts)
        assert.equal(text, WORD.join(''));
      rows += texts.length - 1;
    }
    const { counters, assembly } = await status();
    t.diagnostic(`${sent.length} messages, ${sent.filter((l) => l.fraud)
      .length} of them held; parts that came out twice: ${copies}, messages ` +
      `held twice: ${rows}; after the last start ${counters.parts.again} ` +
      `were sent on again; ${assembly.parts} wait`);
  }));
