// SPDX-License-Identifier: BSD-2-Clause
//
// gateway.mjs - a whole gateway on loopback, with fanzha in front or without
//
//     phone <-> SMSC (ours by SMPP, or fakesmsc) <-> bearerbox
//           <-> [fanzhabox with fanzha.so] <-> smsbox <-> application (ours)
//
// Everything lives in one room. Nothing is a mock but the two outer ends,
// which are the rig's: the phone network and the application.

import { existsSync } from 'node:fs';
import { Application, get, sendSms } from './application.mjs';
import { kannelConf, libconfig } from './conf.mjs';
import { ask, controlOpen } from './control.mjs';
import { TOP, built, install } from './install.mjs';
import { Program, run } from './program.mjs';
import { Room, freePort, until } from './room.mjs';
import { Smsc } from './smsc.mjs';

export { TOP, built };

function find(name, ...folders) {
  const path = folders.map((f) => `${f}/${name}`).find(existsSync);
  if (!path)
    throw new Error(`${name} is in none of ${folders.join(', ')}`);
  return path;
}

export const BEARERBOX = find('bearerbox', '/usr/sbin', '/usr/lib/kannel');
export const SMSBOX = find('smsbox', '/usr/sbin', '/usr/lib/kannel');
export const fakesmscPath = () => find('fakesmsc', '/usr/lib/kannel/test');

process.env.FANZHA_COMPILE ??= built('tools/fanzha-compile');

export const USER = { username: 'tester', password: 'secret' };
const ADMIN_PASSWORD = 'rig';

/** Longer where everything is slow (sanitizers, a busy machine). */
export const PATIENCE = Number(process.env.RIG_PATIENCE_MS ?? 30000);

export class Gateway {
  /**
   * @param options
   *   fanzha     false leaves fanzhabox out: smsbox talks to bearerbox
   *   filter     false leaves fanzha.so out of fanzhabox
   *   patterns   folders of rules (default none); relative: to the room
   *   files      files of the room: name -> content
   *   conf       more top level settings of fanzha.conf (mode, profiles ...)
   *   store      more keys of its `store`
   *   box        more keys of fanzhabox's group
   *   plugins    more `fanzhabox-plugin` groups
   *   smsbox     more keys of its group; null leaves it out: the test brings
   *              boxes of its own
   *   core, services, users, groups: more keys and groups of Kannel's
   *   fakes      names of SMSCs of kind `fake`, to which fakesmsc connects on
   *              ports[NAME]; in the place of the rig's own by SMPP
   *   detached   its programs can be left running (Program.leave)
   *   name       of the room
   *   installed  fanzhabox and fanzha.so are copies in the room, which
   *              install() replaces
   */
  constructor(options = {}) {
    this.options = { fanzha: true, filter: true, patterns: [], ...options };
    this.room = new Room(this.options.name ?? 'gateway');
    this.ports = {};
  }

  static async start(options) {
    const gateway = new Gateway(options);
    try {
      return await gateway.start();
    } catch (failure) {
      await gateway.close();
      throw failure;
    }
  }

  async start() {
    const { detached, env } = this.options;
    for (const name of ['admin', 'upstream', 'box', 'sendsms',
      'smpp', 'application', ...this.options.fakes ?? []])
      this.ports[name] = await freePort();
    if (!this.options.fakes)
      this.smsc = await new Smsc(this.room, this.ports.smpp).listen();
    this.application =
      await new Application(this.room, this.ports.application).listen();
    for (const [name, content] of Object.entries(this.options.files ?? {}))
      this.room.write(name, content);
    this.#writeKannel();
    this.bearerbox = new Program(this.room, 'bearerbox',
      [BEARERBOX, this.room.path('kannel.conf')], { hard: true, detached });
    if (this.options.smsbox !== null)
      this.smsbox = new Program(this.room, 'smsbox',
        [SMSBOX, this.room.path('kannel.conf')], { hard: true, detached });
    await this.startBearerbox();
    if (this.options.fanzha) {
      if (this.options.installed)
        install(this.room);
      this.#writeFanzha();
      this.fanzhabox = new Program(this.room, 'fanzhabox',
        [this.#ours('fanzhabox'), '--config', this.room.path('fanzhabox.conf')],
        { env, detached, clean: true });
      await this.startFanzhabox();
      if (this.options.patterns.length > 0)
        await this.reload();
    }
    await this.smsc?.bound({ ms: PATIENCE });
    if (this.smsbox) {
      await this.startSmsbox();
      await this.#boxIsThere();
    }
    return this;
  }

  close(options) {
    return this.room.close(options);
  }

  // --- the programs --------------------------------------------------------
  async startBearerbox() {
    this.bearerbox.start();
    await this.bearerbox.port(this.ports.upstream, { ms: PATIENCE });
  }

  async startFanzhabox() {
    this.fanzhabox.start();
    await this.fanzhabox.port(this.ports.box, { ms: PATIENCE });
    if (this.options.filter)
      await controlOpen(this.room.path('control'), { ms: PATIENCE });
  }

  async startSmsbox() {
    this.smsbox.start();
    await this.smsbox.port(this.ports.sendsms, { ms: PATIENCE });
  }

  /** bearerbox rests a second after each connection: it listens long before
   *  it knows a box. */
  async #boxIsThere() {
    await until(async () => /smsbox:app/.test((await this.status()).body),
      async () => `bearerbox to know the smsbox; its status:\n${
        (await this.status()).body}`, { ms: PATIENCE, every: 100 });
  }

  status(page = 'status.txt') {
    return get(this.ports.admin, `/${page}?password=${ADMIN_PASSWORD}`);
  }

  /** A program's exit is a failure of the test that did not ask for it. */
  assertAlive() {
    for (const program of [this.bearerbox, this.fanzhabox, this.smsbox])
      if (program && !program.isRunning)
        throw new Error(`${program.name} ended: ${
          JSON.stringify(program.exit)}\n${program.tail()}`);
  }

  // --- fanzha --------------------------------------------------------------
  /** fanzhactl with the configuration of this gateway. */
  fanzhactl(verb, ...args) {
    return run([built('fanzhactl'), verb, '--config',
      this.room.path('fanzha.conf'), ...args], { env: this.options.env });
  }

  /** Ask the plugin itself. */
  ask(verb, args) {
    return ask(this.room.path('control'), verb, args);
  }

  /** Promote the working files. */
  reload() {
    return this.ask('reload');
  }

  /** Rows of the quarantine, unsealed, oldest first. */
  async held(filter = () => true) {
    const { code, stdout, stderr } = await run([built('tests/rig/read_store'),
      this.options.store?.path ?? this.room.path('quarantine.db'),
      this.room.path('quarantine.key')]);
    if (code !== 0)
      throw new Error(`read_store: ${stderr}`);
    return stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line))
      .filter(filter);
  }

  /** The verdict records so far, oldest first. */
  records() {
    const path = this.room.path('records.jsonl');
    if (!existsSync(path))
      return [];
    return this.room.read('records.jsonl').split('\n').filter(Boolean)
      .map((line) => JSON.parse(line));
  }

  // --- messages ------------------------------------------------------------
  send(message, options) {
    return sendSms(this.ports.sendsms, message, { ...USER_LOGIN, ...options });
  }

  /** fanzhabox or fanzha.so, as built or as installed in the room. */
  #ours(name) {
    return this.options.installed ? this.room.path(name) : built(name);
  }

  // --- configuration -------------------------------------------------------
  #writeKannel() {
    const { options, ports, room } = this;
    this.room.write('kannel.conf', kannelConf([
      {
        group: 'core', 'admin-port': ports.admin,
        'admin-password': ADMIN_PASSWORD, 'admin-interface': '127.0.0.1',
        'smsbox-port': ports.upstream, 'smsbox-interface': '127.0.0.1',
        'box-deny-ip': '*.*.*.*', 'box-allow-ip': '127.0.0.1',
        'log-level': 0, 'access-log': room.path('access.log'),
        'store-type': 'file', 'store-location': room.path('bearerbox.store'),
        'sms-resend-freq': 1, ...options.core,
      },
      ...options.fakes ? options.fakes.map((name) => ({
        group: 'smsc', smsc: 'fake', 'smsc-id': name, port: ports[name],
        'connect-allow-ip': '127.0.0.1', 'preferred-smsc-id': name,
      })) : [{
        group: 'smsc', smsc: 'smpp', 'smsc-id': 'smpp', host: '127.0.0.1',
        port: ports.smpp, 'transceiver-mode': true, 'smsc-username': 'rig',
        'smsc-password': 'rig', 'system-type': 'rig', 'reconnect-delay': 1,
      }],
      // bearerbox gives a box that has a name only what is addressed to it
      {
        group: 'smsbox-route', 'smsbox-id': 'app',
        'smsc-id': options.fakes ? options.fakes.join(';') : 'smpp',
      },
      {
        group: 'smsbox', 'smsbox-id': 'app', 'bearerbox-host': '127.0.0.1',
        'bearerbox-port': options.fanzha ? ports.box : ports.upstream,
        'sendsms-port': ports.sendsms, 'sendsms-interface': '127.0.0.1',
        'immediate-sendsms-reply': false,
        'sendsms-chars': '0123456789 +-abcdefghijklmnopqrstuvwxyz' +
          'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
        'log-level': 0, ...options.smsbox,
      },
      {
        group: 'sendsms-user', ...USER, concatenation: true,
        'max-messages': 20, 'user-allow-ip': '127.0.0.1',
      },
      ...options.users ?? [],
      ...options.services ?? [],
      {
        group: 'sms-service', keyword: 'default', 'catch-all': true,
        'get-url': this.application.moUrl, 'max-messages': 1,
        'omit-empty': true,
      },
      ...options.groups ?? [],
    ]));
  }

  /** The working file; `more` settings go before those of the options. */
  writeConf(more = {}) {
    const { options, room } = this;
    room.write('fanzha.conf', libconfig({
      mode: 'enforce',
      profiles: [{ name: 'default', rewrite: true }],
      override: room.path('override'), // not that of this machine
      node: 'rig',
      'extra-tlds': ['example', 'test'], // hosts of samples
      patterns: options.patterns,
      control: { socket: room.path('control') },
      store: {
        path: room.path('quarantine.db'),
        'key-file': room.path('quarantine.key'), ...options.store,
      },
      log: { records: room.path('records.jsonl') },
      generations: room.path('generations'),
      cache: room.path('cache'),
      brake: { cap: 0 }, // tests send more fraud than any day has
      ...options.conf, ...more,
    }));
  }

  #writeFanzha() {
    const { options, ports, room } = this;
    room.mkdir('generations');
    room.mkdir('cache');
    this.writeConf();
    room.write('fanzhabox.conf', kannelConf([
      {
        group: 'fanzhabox', 'bearerbox-host': '127.0.0.1',
        'bearerbox-port': ports.upstream, 'smsbox-port': ports.box,
        'smsbox-interface': '127.0.0.1', 'log-level': 0, ...options.box,
      },
      ...options.filter ? [{
        group: 'pluginbox-plugin', id: 'fanzha', path: this.#ours('fanzha.so'),
        init: 'fanzha_init', args: room.path('fanzha.conf'),
      }] : [],
      ...options.plugins ?? [],
    ]));
  }
}

const USER_LOGIN = { user: USER.username, password: USER.password };
