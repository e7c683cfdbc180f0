// SPDX-License-Identifier: BSD-2-Clause
//
// deeds.mjs - what a bad day brings besides kills: floods, half-open peers,
// nonsense, reloads, restarts. Each is done to a gateway that carries messages
// and must not be felt by those who send them.

import { connect } from 'node:net';
import { once } from 'node:events';
import { ADMIN, pack } from './frames.mjs';
import { get } from './application.mjs';
import { sleep } from './room.mjs';

/** A connection that is no box of anybody's; null when it was refused. */
async function knock(port) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  return socket.destroyed ? null : socket;
}

async function flood({ gateway, random }) {
  const count = random.between(200, 600);
  const sockets = await Promise.all(
    Array.from({ length: count }, () => knock(gateway.ports.box)));
  for (const socket of sockets)
    socket?.destroy();
  return `${count} connections at once, closed again`;
}

/** They stay as they are until the program that they bother dies. */
async function halfOpen({ gateway, random }) {
  const count = random.between(10, 40);
  for (let i = 0; i < count; i++) {
    const socket = await knock(gateway.ports.box);
    const frame = pack({ type: 'admin', command: ADMIN.identify,
      boxc_id: `half${i}` });
    socket?.write(frame.subarray(0, random.between(0, frame.length - 1)));
  }
  return `${count} peers that fell silent inside a frame`;
}

async function nonsense({ gateway, random }) {
  const count = random.between(5, 20);
  for (let i = 0; i < count; i++) {
    const socket = await knock(gateway.ports.box);
    socket?.end(random.octets(random.between(1, 4000)));
  }
  return `${count} peers that sent anything`;
}

/** They ask for everything and read nothing. */
async function deaf({ gateway, random }) {
  const count = random.between(2, 8);
  for (let i = 0; i < count; i++) {
    const socket = await knock(gateway.ports.box);
    socket?.pause();
    socket?.write(pack({ type: 'admin', command: ADMIN.identify,
      boxc_id: `deaf${i}` }));
    for (let beat = 0; beat < 200; beat++)
      socket?.write(pack({ type: 'heartbeat', load: 1 }));
  }
  return `${count} boxes that never read`;
}

async function ask({ gateway, random }) {
  const count = random.between(50, 200);
  const port = gateway.ports.boxAdmin;
  await Promise.all(Array.from({ length: count }, (_, i) =>
    get(port, `/status.${i % 2 ? 'json' : 'html'}`,
      i % 3 ? {} : { password: 'wrong' }).catch(() => {})));
  return `${count} requests for status pages, a third with a wrong password`;
}

async function reload({ gateway }) {
  await gateway.reload();
  return 'a reload';
}

async function restart({ gateway, random }) {
  gateway.fanzhabox.signal('SIGTERM');
  await gateway.fanzhabox.ended;
  await sleep(random.between(0, 300));
  await gateway.startFanzhabox();
  return 'fanzhabox was asked to end, and started again';
}

export const DEEDS = [flood, halfOpen, nonsense, deaf, ask, reload, restart];
