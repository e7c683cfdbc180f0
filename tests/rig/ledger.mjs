// SPDX-License-Identifier: BSD-2-Clause
//
// ledger.mjs - what was sent, what its sender was told, and where it came out
//
// For tests that kill programs: every message has a number, which is in its
// text and in its far address, so that each copy of it is recognised wherever
// it turns up. The ledger lives in this process, which nobody kills.

import { partHeader } from './parts.mjs';

const NO_OCTETS = Buffer.alloc(0);

/** What a message deserves. The words are matched by LEDGER_RULES. */
export const DESERVES = {
  pass: (n) => `Your parcel ${n} waits at the desk, thank you`,
  quarantine: (n) => `Parcel ${n} is held: send the escrow deposit today`,
  reject: (n) => `Parcel ${n} seized: post your banking passphrase`,
  rewrite: (n) => `Parcel ${n}: more at http://track.example/x`,
};
export const REWRITTEN = (n) => `Parcel ${n}: more at [link removed]`;

const rule = (id, more) => ({
  id, title: `What ${id} says`, owner: 'rules@example.test',
  reason: 'phishing', ...more,
});
export const LEDGER_RULES = [
  rule('ledger.quarantine', { phrase: 'escrow deposit',
    action: 'quarantine' }),
  rule('ledger.reject', { phrase: 'banking passphrase', action: 'reject' }),
  rule('ledger.rewrite', { regex: 'http://track\\.example/x',
    action: 'rewrite', rewrite: { replace: '[link removed]' } }),
];

/** Texts of the parts of one message: the phrase, if any, lies over the border
 *  between two of them. */
function partTexts(deserves, digits) {
  const texts = digits.map((n, at) => `(${at}) parcel ${n} of yours, `);
  if (deserves === 'quarantine') {
    const at = digits.length - 2;
    texts[at] += 'send the escr';
    texts[at + 1] = `ow deposit ${texts[at + 1]}`;
  }
  return texts;
}

export class Ledger {
  entries = []; // by number
  #calm = 1;    // number of the calm spell; 0 while something is down
  #spells = 1;
  #seen = 0;    // first copies so far

  /** Something died or is to die: order is not looked at until calm(). */
  storm() {
    this.#calm = 0;
  }

  /** Everything carries messages again. */
  calm() {
    this.#calm = ++this.#spells;
  }

  /**
   * @param direction 'mt' or 'mo'  @param way  how it goes in, for reports
   * @param address   the phone's; without it one of its own
   */
  create(direction, way, deserves, address) {
    const number = this.entries.length;
    const digits = String(number).padStart(7, '0');
    const entry = {
      number, direction, way, deserves, digits,
      text: DESERVES[deserves](`#${digits}#`),
      address: address ?? `+86139${digits}0`, // the phone's
      isOrdered: address !== undefined,
      spell: this.#calm,
      first: null,     // { spell, at } of the first copy that came out
      attempts: 0,
      answer: null,    // 'accepted', 'refused', or null: nobody was told
      deliveries: [],  // texts, as they came out
      held: 0,
    };
    this.entries.push(entry);
    return entry;
  }

  /** One longer message in `total` parts to one phone, an entry each. */
  createParts(direction, way, deserves, total, reference) {
    const parts = Array.from({ length: total }, () =>
      this.create(direction, way, deserves));
    const texts = partTexts(deserves, parts.map((e) => `#${e.digits}#`));
    for (const [at, entry] of parts.entries())
      Object.assign(entry, { text: texts[at], address: parts[0].address,
        header: partHeader(reference, total, at + 1, true) });
    return parts;
  }

  /** A copy came out at the far end. `header`: of its octets, if it is known */
  delivered(text, header) {
    const number = /#(\d{7})#/.exec(text)?.[1];
    const entry = number && this.entries[Number(number)];
    if (!entry)
      throw new Error(`nobody sent this: ${text}`);
    const isWhole = header === undefined ||
      Buffer.compare(header ?? NO_OCTETS, entry.header ?? NO_OCTETS) === 0;
    entry.deliveries.push(isWhole ? text
      : `${text}, header ${header?.toString('hex')}`);
    entry.first ??= { spell: this.#calm, at: this.#seen++ };
  }

  /** Neighbours between the same two, each sent once, both sent and delivered
   *  in the same calm spell: how many, and which overtook the other. (While it
   *  recovers, bearerbox itself delivers in another order.) */
  order() {
    const last = new Map();
    const order = { compared: 0, overtaken: [] };
    for (const entry of this.entries) {
      if (!entry.isOrdered || entry.attempts !== 1 || entry.spell === 0 ||
          entry.first?.spell !== entry.spell)
        continue;
      const key = `${entry.way} ${entry.address}`;
      const before = last.get(key);
      if (before?.spell === entry.spell) {
        order.compared++;
        if (before.first.at > entry.first.at)
          order.overtaken.push([before, entry]);
      }
      last.set(key, entry);
    }
    return order;
  }

  get unanswered() {
    return this.entries.filter((e) => e.attempts > 0 && !e.answer).length;
  }

  /** Accepted and neither at the far end nor known to be held. */
  waiting(filtered) {
    return this.entries.filter((e) => e.answer === 'accepted' &&
      e.deliveries.length === 0 &&
      !(filtered && (e.deserves === 'quarantine' || e.deserves === 'reject')));
  }

  /**
   * The balance. `filtered` says whether fanzha was in front; `held` counts
   * were filled in by the caller then.
   */
  balance(filtered) {
    const sum = {
      sent: 0, parts: 0, accepted: 0, refused: 0, unanswered: 0,
      delivered: 0, held: 0, rejected: 0,
      lost: [], unfiltered: [], wronglyHeld: [],
      duplicates: 0, duplicatesHeld: 0,
      duplicatesUnasked: 0, // copies beyond the sender's own attempts
    };
    for (const entry of this.entries) {
      if (entry.attempts === 0)
        continue;
      const copies = entry.deliveries.length;
      sum.sent++;
      sum.parts += entry.header ? 1 : 0;
      sum[entry.answer ?? 'unanswered']++;
      sum.duplicates += Math.max(0, copies - 1);
      sum.duplicatesUnasked += Math.max(0, copies - entry.attempts);
      if (!filtered) {
        if (entry.answer === 'accepted')
          sum[copies > 0 ? 'delivered' : 'lost'] =
            copies > 0 ? sum.delivered + 1 : [...sum.lost, entry];
        continue;
      }
      sum.duplicatesHeld += Math.max(0, entry.held - 1);
      const wanted = {
        pass: entry.text,
        rewrite: REWRITTEN(`#${entry.digits}#`),
      }[entry.deserves];
      if (entry.deliveries.some((text) => text !== wanted))
        sum.unfiltered.push(entry);
      // a second copy of a part whose siblings have left waits in vain
      if (entry.held > 0 && entry.deserves === 'pass' &&
          !(entry.header && copies > 0))
        sum.wronglyHeld.push(entry);
      if (entry.answer !== 'accepted')
        continue;
      if (wanted !== undefined && copies > 0)
        sum.delivered++;
      else if (entry.deserves === 'quarantine' && entry.held > 0)
        sum.held++;
      else if (entry.deserves === 'reject' && entry.direction === 'mo')
        sum.rejected++; // the phone was told by bearerbox, before any verdict
      else
        sum.lost.push(entry);
    }
    return sum;
  }
}
