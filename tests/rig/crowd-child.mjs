// SPDX-License-Identifier: BSD-2-Clause
//
// crowd-child.mjs - a process of its own for crowd.mjs:
//
//     idle PORT COUNT   hold COUNT connections open and say nothing
//     flood PORT RATE   connect RATE times a second, and reset at once
//     sink              accept and wait, as little as a server can do
//
// Prints one line when it is ready, and at its end (its standard input closes)
// how many connections came about, and how many of them the other side ended.

import { connect, createServer } from 'node:net';

const [what, port, amount] = process.argv.slice(2);
let made = 0, ended = 0;
const say = (text) => process.stdout.write(`${text}\n`);
process.stdin.on('end', () => {
  process.stdout.write(`${made} ${ended}\n`, () => process.exit(0));
}).resume();

function open(onConnect) {
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => {});
  socket.on('connect', () => {
    made++;
    onConnect(socket);
  });
  return socket;
}

if (what === 'idle') {
  const fill = () => {
    const missing = Number(amount) - made;
    if (missing === 0) {
      say('ready');
      return;
    }
    let batch = Math.min(200, missing);
    for (let i = batch; i > 0; i--) {
      const socket = open(() => --batch === 0 && setImmediate(fill));
      socket.on('close', () => ended++);
    }
  };
  fill();
} else if (what === 'flood') {
  const begin = Date.now();
  let asked = 0;
  setInterval(() => {
    for (; asked < (Date.now() - begin) * amount / 1000; asked++)
      open((socket) => socket.resetAndDestroy());
  }, 5);
  say('ready');
} else {
  const server = createServer((socket) => socket.on('error', () => {}));
  server.listen(0, '127.0.0.1', () => say(`ready ${server.address().port}`));
}
