// SPDX-License-Identifier: BSD-2-Clause
//
// between.mjs - fanzhabox between an upstream and boxes of the rig's: frames
// are sent and received without Kannel on either side

import { StubBearerbox, StubBox } from './boxes.mjs';
import { kannelConf, libconfig } from './conf.mjs';
import { ask, controlOpen } from './control.mjs';
import { PATIENCE, built } from './gateway.mjs';
import { install } from './install.mjs';
import { Program } from './program.mjs';
import { freePort, sleep, until } from './room.mjs';

export class Between {
  /**
   * @param options
   *   rules    array of rules in force, as values; null leaves fanzha.so out
   *   conf     more top level settings of fanzha.conf
   *   box      more keys of fanzhabox's group
   *   plugins  more groups of plugins
   *   tls      { box, upstream }: what StubBox and StubBearerbox speak
   *   installed  fanzhabox and fanzha.so are copies in the room
   */
  constructor(room, { rules = null, conf = {}, box = {}, plugins = [],
    tls = {}, installed = false }) {
    Object.assign(this, { room, rules, conf, boxKeys: box, plugins, tls,
      installed });
  }

  #ours(name) {
    return this.installed ? this.room.path(name) : built(name);
  }

  static start(room, options) {
    return new Between(room, options).start();
  }

  async start() {
    const { room } = this;
    this.upstream = await new StubBearerbox(room, await freePort(), undefined,
      { tls: this.tls.upstream }).listen();
    this.port = await freePort();
    if (this.installed)
      install(room);
    if (this.rules)
      this.#writeFanzha();
    room.write('fanzhabox.conf', kannelConf([
      { group: 'fanzhabox', 'bearerbox-host': '127.0.0.1',
        'bearerbox-port': this.upstream.port, 'smsbox-port': this.port,
        'smsbox-interface': '127.0.0.1', 'log-level': 1,
        'bearerbox-connect-pause': 0, // our upstream accepts at once
        ...this.boxKeys },
      ...this.rules ? [{ group: 'pluginbox-plugin', id: 'fanzha',
        path: this.#ours('fanzha.so'), init: 'fanzha_init',
        args: room.path('fanzha.conf') }] : [],
      ...this.plugins,
    ]));
    this.program = new Program(room, 'fanzhabox',
      [this.#ours('fanzhabox'), '--config', room.path('fanzhabox.conf')],
      { clean: true });
    await this.startBox();
    if (this.rules)
      await this.ask('reload');
    return this;
  }

  async startBox() {
    this.program.start();
    await this.program.port(this.port, { ms: PATIENCE });
    if (this.rules)
      await controlOpen(this.room.path('control'), { ms: PATIENCE });
  }

  #writeFanzha() {
    const { room } = this;
    room.write('patterns/rules.conf', libconfig({
      set: { name: 'between', title: 'Rules of a test',
        owner: 'rules@example.test', language: 'en' },
      rules: this.rules,
    }));
    room.mkdir('generations');
    room.mkdir('cache');
    room.write('fanzha.conf', libconfig({
      mode: 'enforce', patterns: [room.path('patterns')],
      override: room.path('override'),
      control: { socket: room.path('control') },
      store: { path: room.path('quarantine.db'),
        'key-file': room.path('quarantine.key') },
      log: { records: room.path('records.jsonl') },
      generations: room.path('generations'), cache: room.path('cache'),
      brake: { cap: 0 }, // tests send more fraud than any day has
      ...this.conf,
    }));
  }

  ask(verb, args) {
    return ask(this.room.path('control'), verb, args);
  }

  /** A box that connected and identified, and its link at the upstream. */
  async connect(boxcId) {
    const box = await StubBox.connect(this.room, this.port, boxcId,
      { tls: this.tls.box });
    return { box, link: await this.upstream.link(boxcId) };
  }
}

/** Send all, at most `window` of them unanswered. */
export async function sendWindowed(frames, send, answered, window = 90) {
  for (let at = 0; at < frames.length;) {
    if (at - answered() < window)
      send(frames[at++]);
    else
      await sleep(1);
  }
  await until(() => answered() >= frames.length,
    () => `${frames.length} answers; there are ${answered()}`,
    { ms: PATIENCE * 4 });
}
