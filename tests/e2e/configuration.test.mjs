// SPDX-License-Identifier: BSD-2-Clause
//
// configuration.test.mjs - a mistake in a configuration is one clear sentence
// that says where, and exit status 1

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { built } from '../rig/gateway.mjs';
import { run } from '../rig/program.mjs';
import { Room, freePort } from '../rig/room.mjs';

let room, taken, port;
before(async () => {
  room = new Room('configuration');
  port = await freePort();
  taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  room.mkdir('generations');
  room.write('not-a-library.so', 'text');
  room.write('a-file', '');
});
after(async () => {
  taken.close();
  await room.close();
});

const boxConf = (lines = '') => `group = fanzhabox
bearerbox-host = 127.0.0.1
bearerbox-port = 1
smsbox-port = ${port}
${lines}
`;
const pluginConf = (lines) => `${boxConf()}
group = pluginbox-plugin
id = fanzha
init = fanzha_init
${lines}
`;
const fanzhaConf = (lines) => {
  room.write('fanzha.conf', `control = { socket = "control"; };
store = { path = "q.db"; key-file = "q.key"; };
log = { records = "records.jsonl"; };
generations = "generations";
cache = "";
${lines}
`);
  return pluginConf(`path = ${built('fanzha.so')}
args = ${room.path('fanzha.conf')}`);
};

const mistakes = [
  { name: 'an unknown key, with what was probably meant',
    conf: () => boxConf('smsbox-prot = 5'),
    says: /fanzhabox\.conf:5: .*smsbox-prot.*smsbox-port/ },
  { name: 'an unknown group, with what was probably meant',
    conf: () => `${boxConf()}\ngroup = pluginbox-plugn\npath = x\n`,
    says: /fanzhabox\.conf:7: .*pluginbox-plugn.*pluginbox-plugin/ },
  { name: 'a port that is none', conf: () => boxConf('').replace(
    `smsbox-port = ${port}`, 'smsbox-port = 99999'),
  says: /fanzhabox\.conf:4: .*smsbox-port/ },
  { name: 'a key that is missing',
    conf: () => 'group = fanzhabox\nsmsbox-port = 5\n',
    says: /fanzhabox\.conf:1: .*bearerbox-port/ },
  { name: 'a port in use', conf: () => boxConf().replace(
    `smsbox-port = ${port}`, `smsbox-port = ${taken.address().port}`),
  says: () => new RegExp(`${taken.address().port}.*(in use|EADDRINUSE)`, 'i') },
  { name: 'a plugin that is not there',
    conf: () => pluginConf('path = /nowhere/fanzha.so'),
    says: /\/nowhere\/fanzha\.so/ },
  { name: 'a plugin that is no shared object',
    conf: () => pluginConf(`path = ${room.path('not-a-library.so')}`),
    says: /not-a-library\.so/ },
  { name: 'an init function that is not there',
    conf: () => pluginConf(`path = ${built('fanzha.so')}`)
      .replace('init = fanzha_init', 'init = fanzha_inti'),
    says: /fanzha_inti/ },
  { name: 'a plugin\'s file that is not there',
    conf: () => pluginConf(
      `path = ${built('fanzha.so')}\nargs = /nowhere/fanzha.conf`),
    says: /\/nowhere\/fanzha\.conf/ },
  { name: 'an unknown key of fanzha.conf, with what was probably meant',
    conf: () => fanzhaConf('mod = "observe";'),
    says: /fanzha\.conf:6: .*`mod'.*`mode'/ },
  { name: 'a value of the wrong kind', conf: () => fanzhaConf('mode = 1;'),
    says: /fanzha\.conf:6: .*mode/ },
  { name: 'a value that is none of those', conf: () => fanzhaConf(
    'mode = "enforced";'), says: /fanzha\.conf:6: .*enforce/ },
  { name: 'libconfig\'s grammar broken', conf: () => fanzhaConf('mode = ;'),
    says: /fanzha\.conf:6: / },
];
for (const { name, conf, says } of mistakes) {
  test(`${name}: one sentence, exit status 1`, async () => {
    room.write('fanzhabox.conf', conf());
    const { code, signal, stdout, stderr } = await run([built('fanzhabox'),
      '--config', room.path('fanzhabox.conf')], { ms: 15000 });
    const text = stdout + stderr;
    assert.equal(signal, null, `it started:\n${text}`);
    assert.equal(code, 1, text);
    const pattern = typeof says === 'function' ? says() : says;
    const about = text.split('\n').filter((line) => pattern.test(line));
    assert.equal(about.length, 1, `one sentence like ${pattern} in:\n${text}`);
    assert.doesNotMatch(text, /PANIC|backtrace/i);
  });
}
