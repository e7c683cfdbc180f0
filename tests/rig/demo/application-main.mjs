// SPDX-License-Identifier: BSD-2-Clause
//
// application-main.mjs - the application of a demo that was left running: says
// what it receives

import { Application } from '../application.mjs';

const port = Number(process.argv[2]);
const application = new Application({ onClose() {} }, port);
application.reply = (message) => {
  process.stdout.write(`${new Date().toISOString()} from ${message.from}: ${
    message.text}\n`);
  return '';
};
await application.listen();
