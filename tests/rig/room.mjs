// SPDX-License-Identifier: BSD-2-Clause
//
// room.mjs - one temporary folder, its free ports, and everything that has to
// be stopped before it goes
//
// A test takes a room, starts things in it, and closes it: what was started is
// stopped in reverse order, then the folder is removed. A failed step does not
// keep the others from being stopped.

import { mkdtempSync, mkdirSync, rmSync, writeFileSync, readFileSync }
  from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

// Below the range from which the kernel takes ports for outgoing connections
// (32768 on Linux): a port that was free stays free until it is listened on.
const PORT_LOW = 12000;
const PORT_HIGH = 30000;
const handedOut = new Set();

function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

export async function freePort() {
  for (let tries = 0; tries < 1000; tries++) {
    const port = PORT_LOW + Math.floor(Math.random() * (PORT_HIGH - PORT_LOW));
    if (!handedOut.has(port) && await isFree(port)) {
      handedOut.add(port);
      return port;
    }
  }
  throw new Error('no free port was found');
}

export class Room {
  #closers = [];
  #closed = false;

  constructor(name = 'rig') {
    this.folder = mkdtempSync(join(tmpdir(), `fanzha-${name}-`));
  }

  path(...parts) {
    return join(this.folder, ...parts);
  }

  /** Write a file below the folder; its folders are made. */
  write(name, content) {
    const path = this.path(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  read(name) {
    return readFileSync(this.path(name), 'utf8');
  }

  mkdir(name) {
    const path = this.path(name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** `closer` runs when the room is closed; the last one added runs first. */
  onClose(closer) {
    this.#closers.push(closer);
  }

  /** @param keep  leave the folder where it is (a failed test says so) */
  async close({ keep = false } = {}) {
    if (this.#closed)
      return;
    this.#closed = true;
    const failures = [];
    for (const closer of this.#closers.reverse()) {
      try {
        await closer();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (!keep)
      rmSync(this.folder, { recursive: true, force: true });
    if (failures.length > 0)
      throw new AggregateError(failures, 'not everything could be stopped: ' +
        failures.map((failure) => failure.message).join('; '));
  }
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Ask `probe` again and again until it answers something true; that answer.
 * Throws with `what` (a string, or a function giving one) when time is up.
 */
export async function until(probe, what, { ms = 20000, every = 20 } = {}) {
  const end = Date.now() + ms;
  for (;;) {
    const answer = await probe();
    if (answer)
      return answer;
    if (Date.now() >= end) {
      const text = typeof what === 'function' ? await what() : what;
      throw new Error(`not within ${ms} ms: ${text}`);
    }
    await sleep(every);
  }
}
