// SPDX-License-Identifier: BSD-2-Clause
//
// storm-child.mjs - a process of its own for storm.mjs:
//
//     storm PORT CLIENTS RATE BODIES   CLIENTS addresses ask for pages RATE
//         times a second together, with a wrong password; BODIES of them
//         send bodies of 100 MB without an end
//     look PORT PASSWORD RATE          ask for /status.json with the right one
//
// Prints one line when it is ready, and one of JSON at its end, which is when
// its standard input closes.

import { request } from 'node:http';
import { connect } from 'node:net';

const [what, port, ...args] = process.argv.slice(2);
const BODY = 100 * 1024 * 1024;
const PAGES = ['/status.html', '/status.json', '/shutdown', '/metrics',
  '/suspend', '/nothing'];
const result = {};
let stopped = false;

const count = (key, more = 1) => { result[key] = (result[key] ?? 0) + more; };
const basic = (password) => ({
  authorization: `Basic ${btoa(`x:${password}`)}` });

/** `one` RATE times a second, whatever became of those before. */
function pace(rate, one) {
  const begin = performance.now();
  let asked = 0;
  const timer = setInterval(() => {
    for (; asked < (performance.now() - begin) * rate / 1000; asked++)
      one(asked);
  }, 5);
  process.stdin.on('end', () => clearInterval(timer));
}

function ask(path, password, localAddress, done) {
  const begin = performance.now();
  const req = request({ host: '127.0.0.1', port, path, localAddress,
    agent: false, headers: basic(password) }, (res) => {
    res.resume();
    res.on('end', () => done(res.statusCode, performance.now() - begin));
  });
  req.on('error', () => done(0, performance.now() - begin));
  req.setTimeout(10000, () => req.destroy());
  req.end();
}

/** 100 MB, and again: with a length, or in chunks of no declared one. */
function sendBodies(localAddress, i) {
  const socket = connect({ host: '127.0.0.1', port, localAddress });
  const piece = Buffer.alloc(65536, 'x');
  const inChunks = i % 2 === 0;
  socket.on('error', () => {});
  socket.on('data', () => {});
  socket.on('connect', () => {
    count('bodies');
    socket.write(`POST /status.json HTTP/1.1\r\nHost: x\r\nAuthorization: ${
      basic('wrong').authorization}\r\n${inChunks
      ? 'Transfer-Encoding: chunked' : `Content-Length: ${BODY}`}\r\n\r\n`);
    let sent = 0;
    const more = () => {
      while (sent < BODY && !socket.destroyed) {
        if (inChunks)
          socket.write('10000\r\n');
        const room = socket.write(piece);
        if (inChunks)
          socket.write('\r\n');
        sent += piece.length;
        if (!room)
          return;
      }
    };
    socket.on('drain', more);
    more();
  });
  socket.on('close', () => {
    count('octets', socket.bytesWritten);
    if (!stopped)
      setTimeout(() => sendBodies(localAddress, i), 20);
  });
}

if (what === 'storm') {
  const [clients, rate, bodies] = args.map(Number);
  const from = (i) => `127.0.1.${1 + i % clients}`;
  pace(rate, (i) => ask(PAGES[i % PAGES.length], `wrong${i}`, from(i),
    (status) => count(`status ${status}`)));
  for (let i = 0; i < bodies; i++)
    sendBodies(from(i), i);
} else {
  const [password, rate] = args;
  result.took = [];
  pace(Number(rate), () => ask('/status.json', password, '127.0.0.1',
    (status, ms) => {
      count(`status ${status}`);
      result.took.push(ms);
    }));
}
process.stdin.on('end', () => {
  stopped = true;
  setTimeout(() => process.stdout.write(`${JSON.stringify(result)}\n`,
    () => process.exit(0)), 200);
}).resume();
process.stdout.write('ready\n');
