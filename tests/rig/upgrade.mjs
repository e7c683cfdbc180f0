// SPDX-License-Identifier: BSD-2-Clause
//
// upgrade.mjs - boxes that send and hear without a pause while fanzhabox is
// upgraded, or bearerbox or fanzhabox is restarted, and the account of it all
//
// Every box is a connection of the rig's own, as an SMPP server box holds one
// for each bind: it counts how often it had to connect.

import { Between } from './between.mjs';
import { Gateway } from './gateway.mjs';
import { VERSION, built, install } from './install.mjs';
import { countHeld, ruleFiles, settle } from './kill.mjs';
import { LEDGER_RULES, Ledger } from './ledger.mjs';
import { run } from './program.mjs';
import { Random } from './random.mjs';
import { Room, freePort, sleep, until } from './room.mjs';
import { BoxSender, PhoneSender } from './traffic.mjs';

const boxId = (i) => `rigbox${String(i).padStart(3, '0')}`;
const shortcode = (i) => `1${String(i).padStart(4, '0')}`;
const MO_BOXES = 10; // of all, that phones write to

export const NEXT = VERSION.replace(/./g, (c) => (c === '.' ? c : '9'));

/** `fanzhabox --upgrade', which waits for the end of it. */
export function upgrade(room) {
  return run([room.path('fanzhabox'), '--config', room.path('fanzhabox.conf'),
    '--upgrade'], { ms: 120000 });
}

const adminKeys = async (port) => ({ 'admin-port': port,
  'admin-password': 'change', 'status-password': 'look' });

export async function status(port) {
  const answer = await fetch(`http://127.0.0.1:${port}/status.json`, {
    headers: { authorization: `Basic ${btoa('any:look')}` } });
  return answer.json();
}

/** Milliseconds without a message taken, as the new program says. */
const pauseOf = (said) => Number(/nothing was taken for (\d+) ms/.exec(said)?.[1]);

function makeBoxes(ledger, port, { seed, boxes, perSecond }) {
  return Array.from({ length: boxes }, (_, i) =>
    new BoxSender(ledger, new Random(seed + i), port, boxId(i), {
      way: boxId(i), perSecond: perSecond / boxes, window: 20,
      pairs: [0, 1].map((j) => `+86137${String(i).padStart(3, '0')}${j}0000`) }));
}

/** Every box has identified itself and has its bearerbox; how long it took. */
async function allOnline(port, count, ms) {
  const begin = Date.now();
  await until(async () => {
    const { boxes } = await status(port).catch(() => ({ boxes: [] }));
    return boxes.filter((b) => b.id && b.bearerbox).length >= count;
  }, `${count} boxes to have their bearerbox`, { ms, every: 200 });
  return Date.now() - begin;
}

async function upgrades(room, count, random, ledger, boxes, say) {
  const done = [];
  let version = VERSION;
  for (let i = 0; i < count; i++) {
    await sleep(random.between(300, 1500));
    version = version === VERSION ? NEXT : VERSION;
    install(room, { version });
    for (const box of boxes)
      box.burst(3);
    await sleep(random.between(1, 10));
    const inFlight = boxes.reduce((sum, box) => sum + box.inFlight, 0);
    const sent = ledger.entries.length;
    const { code, stdout, stderr } = await upgrade(room);
    if (code !== 0)
      throw new Error(`upgrade ${i + 1}: ${stdout}${stderr}`);
    const kept = Number(/took over (\d+) connections/.exec(stdout)[1]);
    done.push({ inFlight, kept, pauseMs: pauseOf(stdout),
      begunMeanwhile: ledger.entries.length - sent });
    say(`upgrade ${i + 1} of ${count}: ${inFlight} unanswered then, ${
      stdout.trim()}`);
  }
  return done;
}

const dropped = (boxes) =>
  boxes.reduce((sum, box) => sum + box.connections - 1, 0);

/**
 * A real gateway and many boxes; upgrades under load, then (as wanted) a
 * restart of bearerbox and one of fanzhabox without an upgrade.
 *
 * @param options seed, boxes, perSecond, upgrades, restarts, say
 */
export async function gatewayRun({ seed, boxes: count, perSecond = 300,
  upgrades: wanted, restarts = false, say = () => {} }) {
  const ledger = new Ledger(), random = new Random(seed);
  const admin = await freePort();
  const gateway = new Gateway({ name: 'upgrade', smsbox: null, installed: true,
    patterns: ['patterns/ledger'], files: ruleFiles('ledger', LEDGER_RULES),
    groups: Array.from({ length: Math.min(count, MO_BOXES) }, (_, i) => ({
      group: 'smsbox-route', 'smsbox-id': boxId(i), shortcode: shortcode(i) })),
    core: { 'sms-resend-freq': 1 },
    box: { ...await adminKeys(admin), 'log-level': 1 } });
  const ms = 60000 + count * 4000;
  let boxes = [];
  try {
    await gateway.start();
    gateway.smsc.onSubmit = (submit) => ledger.delivered(submit.text);
    boxes = makeBoxes(ledger, gateway.ports.box, { seed, boxes: count,
      perSecond });
    const result = { boxes: count, perSecond };
    result.firstMs = await allOnline(admin, count, ms);
    say(`${count} boxes have their bearerbox after ${result.firstMs} ms`);
    for (const box of boxes)
      box.start();
    const phones = Array.from({ length: Math.min(count, MO_BOXES) }, (_, i) =>
      new PhoneSender(ledger, new Random(seed + 1000 + i), gateway.smsc, {
        way: `phone ${i}`, to: shortcode(i), perSecond: 3, window: 10,
        pairs: [`+86138${i}000000`] }).start());
    await sleep(2000);
    result.upgrades = await upgrades(gateway.room, wanted, random, ledger,
      boxes, say);
    result.droppedByUpgrades = dropped(boxes);
    result.version = (await gateway.ask('version')).version;
    result.host = (await status(admin)).version;
    if (restarts)
      await restartBoth(gateway, admin, boxes, ms, result, say);
    await sleep(1000);
    await Promise.all([...boxes, ...phones].map((sender) => sender.stop()));
    await settle(ledger, true);
    await countHeld(ledger, gateway);
    gateway.assertAlive();
    return { ...result, balance: ledger.balance(true), ledger };
  } finally {
    for (const box of boxes)
      box.close();
    await gateway.close({ keep: process.env.RIG_KEEP === '1' });
  }
}

async function restartBoth(gateway, admin, boxes, ms, result, say) {
  const before = dropped(boxes);
  await gateway.bearerbox.kill();
  await sleep(500);
  await gateway.startBearerbox();
  result.bearerboxBackMs = await allOnline(admin, boxes.length, ms);
  result.droppedByBearerbox = dropped(boxes) - before;
  say(`bearerbox restarted: ${result.droppedByBearerbox} boxes dropped, all ` +
    `have it again after ${result.bearerboxBackMs} ms`);
  await gateway.smsc.bound({ ms: 30000 });
  await carried(gateway, boxes);
  await gateway.fanzhabox.stop({ ms: 20000 });
  const begin = Date.now();
  await gateway.startFanzhabox();
  await allOnline(admin, boxes.length, ms);
  result.restartMs = Date.now() - begin;
  say(`fanzhabox restarted: all boxes carry again after ${result.restartMs} ms`);
  await carried(gateway, boxes);
}

/** Each box was told of a message that it began after now. */
async function carried(gateway, boxes) {
  const { ledger } = boxes[0];
  const from = ledger.entries.length;
  await until(() => {
    const told = new Set(ledger.entries.slice(from).filter((e) => e.answer)
      .map((e) => e.way));
    return boxes.every(({ way }) => told.has(way));
  }, 'every box to carry messages', { ms: 120000, every: 100 });
}

/**
 * Order, and nothing sent twice: a stub that notes what comes takes bearerbox's
 * place, which delivers bursts in an order of its own.
 */
export async function orderRun({ seed, boxes: count, perSecond = 1000,
  upgrades: wanted, say = () => {} }) {
  const ledger = new Ledger(), random = new Random(seed);
  const room = new Room('upgrade-order');
  const admin = await freePort();
  let boxes = [];
  try {
    const between = await Between.start(room, { rules: LEDGER_RULES,
      installed: true, box: await adminKeys(admin),
      conf: { profiles: [{ name: 'default', rewrite: true }] } });
    between.upstream.onSms = (message, link) => {
      ledger.delivered(message.msgdata.toString());
      setTimeout(() => link.ack(message), 20); // so that much is unanswered
    };
    boxes = makeBoxes(ledger, between.port, { seed, boxes: count, perSecond });
    await allOnline(admin, count, 60000);
    for (const box of boxes)
      box.start();
    const done = await upgrades(room, wanted, random, ledger, boxes, say);
    await sleep(500);
    await Promise.all(boxes.map((box) => box.stop()));
    const { totals } = await status(admin);
    return { boxes: count, upgrades: done, dropped: dropped(boxes),
      upstream: between.upstream.links.length, unmatched: totals.unmatched,
      sent: ledger.entries.length, order: ledger.order(),
      again: ledger.entries.filter((e) => e.attempts > 1).length,
      twice: ledger.entries.filter((e) => e.deliveries.length > 1).length };
  } finally {
    for (const box of boxes)
      box.close();
    await room.close({ keep: process.env.RIG_KEEP === '1' });
  }
}

export { built };
