// SPDX-License-Identifier: BSD-2-Clause
//
// large.mjs - sets of many rules on the real gateway: how long until they are
// in force, and what that takes

import { readFileSync, readdirSync } from 'node:fs';
import { Gateway, built } from './gateway.mjs';
import { run } from './program.mjs';
import { Random } from './random.mjs';
import { sleep } from './room.mjs';

// Common characters, as words of rules have them; each word is drawn anew.
const HAN = Array.from({ length: 1500 }, (_, i) =>
  String.fromCodePoint(0x4e00 + i * 7));
const SYLLABLES = ['ba', 'ko', 'ri', 'ten', 'mos', 'lu', 'dar', 'vi', 'pen',
  'sol', 'ga', 'trin', 'fex', 'hu', 'jo', 'wick'];

function word(random) {
  return random.chance(0.7)
    ? Array.from({ length: random.between(2, 4) },
      () => random.pick(HAN)).join('')
    : Array.from({ length: random.between(2, 4) },
      () => random.pick(SYLLABLES)).join('');
}

/** `count` rules of one to three terms, each with one to six words; and a
 *  message that the last of them matches. */
export function largeSet(count, seed, { score = '3.0', extra = '' } = {}) {
  const random = new Random(seed);
  const out = ['set = { name = "large"; title = "Many"; ' +
    'owner = "x@example.test"; language = "zh"; };\nrules = (\n'];
  for (let i = 0; i < count; i++) {
    const terms = Array.from({ length: random.between(1, 3) }, () =>
      `(${Array.from({ length: random.between(1, 6) },
        () => word(random)).join('|')})`);
    out.push(`{ id = "large.r${i}"; phrase = "${terms.join(' ~20 ')}"; ` +
      `score = ${score}; },\n`);
  }
  out.push('{ id = "large.last"; phrase = "mainmastish ~9 ' +
    'quarterdeckish"; action = "reject"; reason = "phishing"; }', extra,
  '\n);\n');
  return { text: out.join(''), hit: 'mainmastish x quarterdeckish' };
}

const statusOf = (pid) => readFileSync(`/proc/${pid}/status`, 'utf8');
const kib = (status, key) =>
  Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);

/** The most that any fanzha-compile had while `work` went on. */
async function withPeak(work) {
  let over = false, peak = 0;
  const done = work().finally(() => { over = true; });
  while (!over) {
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid))
        continue;
      try {
        const status = statusOf(pid);
        if (/^Name:\s+fanzha-compile$/m.test(status))
          peak = Math.max(peak, kib(status, 'VmHWM'));
      } catch {
        // it ended meanwhile
      }
    }
    await sleep(50);
  }
  return { result: await done, peak };
}

/**
 * @param options  rules, seed, say(text)
 * @return { rules, first, again, score, word: { ms, code }, ... }
 */
export async function largeRun({ rules, seed = 1, say = () => {} }) {
  const gateway = new Gateway({ name: 'large', patterns: ['patterns/none'],
    files: { 'patterns/none/rules.conf': 'set = { name = "none"; };\n' } });
  try {
    await gateway.start();
    const { pid } = gateway.fanzhabox;
    const conf = gateway.room.read('fanzha.conf');
    gateway.room.write('fanzha.conf', conf.replace(/^patterns = .*$/m,
      `patterns = [ "${gateway.room.path('patterns/large')}" ];`));
    const reload = async (set) => {
      gateway.room.write('patterns/large/rules.conf', set.text);
      const began = Date.now();
      const { result, peak } = await withPeak(() =>
        run([built('fanzhactl'), 'reload', '--wait', '--timeout', '600s',
          '--config', gateway.room.path('fanzha.conf')], { ms: 900000 }));
      const one = { ms: Date.now() - began, code: result.code,
        says: result.stdout + result.stderr, compilerMiB: peak / 1024,
        boxMiB: kib(statusOf(pid), 'VmRSS') / 1024 };
      say(`${rules} rules: ${one.ms} ms, compiler ${
        one.compilerMiB.toFixed(0)} MiB, fanzhabox ${
        one.boxMiB.toFixed(0)} MiB: ${one.says.trim().slice(0, 200)}`);
      return one;
    };
    const set = largeSet(rules - 1, seed);
    const first = await reload(set);
    if (first.code !== 0)
      return { rules, first };
    const { status } = await gateway.send({ from: '10086',
      to: '+8613900000001', text: set.hit });
    const score = await reload(largeSet(rules - 1, seed, { score: '2.0' }));
    const edit = await reload(largeSet(rules - 2, seed, { score: '2.0',
      extra: ', { id = "large.new"; phrase = "brandnewwordish"; }' }));
    const peakMiB = kib(statusOf(pid), 'VmHWM') / 1024;
    await gateway.fanzhabox.stop();
    const began = Date.now();
    await gateway.startFanzhabox();
    const start = { ms: Date.now() - began };
    return { rules, first, answer: status, score, edit, start, peakMiB };
  } finally {
    await gateway.close();
  }
}
