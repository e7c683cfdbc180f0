// SPDX-License-Identifier: BSD-2-Clause
//
// program.mjs - one program under supervision
//
// Its output goes to a file in the room and is kept for questions. It leads a
// process group of its own and is ended with it: smsbox restarts itself by a
// child that goes on under another process id. When this process dies, the
// kernel ends the program too (setpriv --pdeathsig).

import { spawn } from 'node:child_process';
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync }
  from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { until } from './room.mjs';

const running = new Set();
process.on('exit', () => {
  for (const program of running)
    program.signal('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.once(signal, () => process.exit(1));

const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'].find(existsSync);

/** Wait for a promise, but not for ever; no timer is left behind. */
async function within(promise, ms) {
  let timer;
  const late = new Promise((resolve) => { timer = setTimeout(resolve, ms); });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}

export class Program {
  #child = null;
  #lines = [];
  #rest = '';
  #read = 0; // octets of outFile that were taken
  #decoder = new StringDecoder('utf8');

  /**
   * @param room     folder for the output (NAME.out); it stops the program
   * @param name     for messages and the file
   * @param command  array: program and arguments
   * @param options  env: added to the environment; cwd; detached: it can be
   *                 left running, see leave(); hard: stop() kills (bearerbox
   *                 takes five seconds to end when asked); clean: when the room
   *                 closes it must end with status 0 (a sanitizer's findings
   *                 show there)
   */
  constructor(room, name, command, options = {}) {
    this.room = room;
    this.name = name;
    this.command = command;
    this.options = options;
    this.outFile = room.path(`${name}.out`);
    this.exit = null; // { code, signal } of the last run
    room.onClose(() => this.#end());
  }

  get pid() {
    return this.#child?.pid ?? null;
  }

  get isRunning() {
    return this.#child !== null;
  }

  start() {
    if (this.#child)
      throw new Error(`${this.name} already runs`);
    const { env = {}, cwd = this.room.folder, detached } = this.options;
    let [program, ...args] = this.command;
    if (SETPRIV && !detached) {
      args = ['--pdeathsig', 'KILL', '--', program, ...args];
      program = SETPRIV;
    }
    this.exit = null;
    const out = openSync(this.outFile, 'a');
    // Nothing is ever written to the pipe: it closes when the last process
    // that inherited it is gone, which the first one's exit does not tell.
    const child = spawn(program, args, {
      cwd, detached: true, env: { ...process.env, ...env },
      stdio: ['ignore', out, out, ...detached ? [] : ['pipe']],
    });
    closeSync(out);
    child.stdio[3]?.resume();
    this.#child = child;
    running.add(this);
    this.ended = new Promise((resolve) => {
      const gone = (exit) => {
        if (this.#child === child) {
          this.#child = null;
          this.exit = exit;
          running.delete(this);
        }
        resolve(exit);
      };
      child.on('error', (failure) => {
        this.#lines.push(failure.message);
        gone({ code: 127, signal: null });
      });
      child.on('close', (code, signal) => gone({ code, signal }));
    });
    return this;
  }

  /** Take what the program wrote since. */
  #refresh() {
    if (!existsSync(this.outFile))
      return;
    const file = openSync(this.outFile, 'r');
    try {
      const octets = Buffer.alloc(fstatSync(file).size - this.#read);
      const count = readSync(file, octets, 0, octets.length, this.#read);
      this.#read += count;
      const lines = (this.#rest +
        this.#decoder.write(octets.subarray(0, count))).split('\n');
      this.#rest = lines.pop();
      for (const line of lines)
        this.#lines.push(line);
    } finally {
      closeSync(file);
    }
  }

  /** All output so far, of every run. */
  get output() {
    this.#refresh();
    return [...this.#lines, this.#rest].join('\n');
  }

  /** Output lines that match. */
  lines(pattern) {
    this.#refresh();
    return this.#lines.filter((line) => pattern.test(line));
  }

  /** Wait for the `count`th line that matches; that line. */
  async line(pattern, { ms = 20000, count = 1 } = {}) {
    return until(() => {
      const found = this.lines(pattern);
      if (found.length >= count)
        return found[count - 1];
      if (!this.#child)
        throw this.#died(`a line like ${pattern}`);
      return null;
    }, () => `${this.name}: a line like ${pattern}; it said:\n${this.tail()}`,
    { ms });
  }

  /** Wait until something listens on a port of loopback. */
  async port(port, { ms = 20000 } = {}) {
    await until(async () => {
      if (!this.#child)
        throw this.#died(`port ${port}`);
      return isListening(port);
    }, () => `${this.name}: port ${port}; it said:\n${this.tail()}`, { ms });
    return this;
  }

  #died(before) {
    return new Error(`${this.name} ended (${JSON.stringify(this.exit)}) ` +
      `before ${before}; it said:\n${this.tail()}`);
  }

  tail(count = 25) {
    this.#refresh();
    return this.#lines.slice(-count).concat(this.#rest || []).join('\n');
  }

  /** To the whole group. */
  signal(name) {
    if (!this.#child?.pid)
      return;
    try {
      process.kill(-this.#child.pid, name);
    } catch (failure) {
      if (failure.code !== 'ESRCH')
        throw failure;
    }
  }

  /** It goes on without this process. Only for a detached one. */
  leave() {
    running.delete(this);
    this.#child.unref();
    this.#child = null;
  }

  async #end() {
    if (!this.isRunning)
      return;
    const { code } = await this.stop();
    if (this.options.clean && code !== 0)
      throw new Error(`${this.name} ended with status ${code}:\n${
        this.tail(60)}`);
  }

  /** Kill and wait until it is gone. */
  async kill() {
    this.signal('SIGKILL');
    await this.ended;
  }

  /** Ask it to end, kill it when it does not. */
  async stop({ ms = 5000 } = {}) {
    if (!this.#child)
      return this.exit;
    if (this.options.hard) {
      await this.kill();
      return this.exit;
    }
    this.signal('SIGTERM');
    await within(this.ended, ms);
    if (this.#child) {
      // Kannel's boxes end at once on the second signal
      this.signal('SIGTERM');
      await within(this.ended, 1000);
    }
    if (this.#child)
      await this.kill();
    return this.exit;
  }
}

/** Whether anything listens on a port, without knocking: bearerbox takes every
 *  connection for a box, and rests a second after each. */
export function isListening(port) {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return ['tcp', 'tcp6'].some((file) => readLines(`/proc/net/${file}`)
    .some((line) => {
      const [, local, , state] = line.trim().split(/\s+/);
      return state === '0A' && local.endsWith(`:${wanted}`);
    }));
}

function readLines(path) {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(1);
  } catch {
    return []; // no IPv6 here
  }
}

/** Run a program to its end: { code, signal, stdout, stderr }. */
export function run(command, { input = '', env = {}, cwd, ms = 60000 } = {}) {
  return new Promise((resolve, reject) => {
    const [program, ...args] = command;
    const child = spawn(program, args, {
      cwd, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'],
    });
    const stdout = [], stderr = [];
    const timer = setTimeout(() => child.kill('SIGKILL'), ms);
    child.stdout.on('data', (data) => stdout.push(data));
    child.stderr.on('data', (data) => stderr.push(data));
    child.on('error', (failure) => {
      clearTimeout(timer);
      reject(failure);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({
        code, signal,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      });
    });
    child.stdin.on('error', () => {}); // it need not read
    child.stdin.end(input);
  });
}
