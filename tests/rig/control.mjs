// SPDX-License-Identifier: BSD-2-Clause
//
// control.mjs - asks a running fanzha.so over its control socket, as
// fanzhactl does (docs/control.md)

import { connect } from 'node:net';
import { until } from './room.mjs';

/** The plugin opens its socket from a thread of its own: wait until somebody
 *  listens (a killed process leaves the file behind). */
export function controlOpen(socketPath, options) {
  return until(() => new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  }), `somebody to listen on ${socketPath}`, options);
}

/** The `result` of one request; throws what the plugin said was wrong. */
export function ask(socketPath, verb, args = {}, { ms = 60000 } = {}) {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    let text = '';
    socket.setTimeout(ms, () => {
      socket.destroy();
      reject(new Error(`${verb}: no answer in ${ms} ms`));
    });
    socket.on('error', reject);
    socket.on('connect', () => socket.write(
      `${JSON.stringify({ verb, args })}\n`));
    socket.on('data', (data) => {
      text += data;
      const lines = text.split('\n');
      text = lines.pop();
      for (const line of lines) {
        const answer = JSON.parse(line);
        if (answer.ok === undefined)
          continue; // progress
        socket.destroy();
        if (answer.ok)
          resolve(answer.result ?? {});
        else
          reject(Object.assign(new Error(`${verb}: ${answer.error}`),
            { answer }));
      }
    });
    socket.on('close', () => reject(new Error(`${verb}: no answer`)));
  });
}
