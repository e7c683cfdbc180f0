// SPDX-License-Identifier: BSD-2-Clause
//
// feeds.mjs - a server of feeds over HTTPS, with a certificate authority of its
// own, that answers as a test wants

import { createServer } from 'node:https';
import { run } from './program.mjs';

export class Feeds {
  /** What is asked for by path: { body, etag, modified, status, headers,
   *  drip }. */
  pages = {};
  requests = []; // { path, headers }

  constructor(room) {
    this.room = room;
  }

  async listen() {
    await this.#certify('ca', 'server', 'localhost');
    await this.#certify('other-ca', 'other', 'localhost');
    this.server = createServer({ key: this.room.read('server.key'),
      cert: this.room.read('server.crt') }, (request, response) =>
      this.#answer(request, response));
    await new Promise((resolve) =>
      this.server.listen(0, '127.0.0.1', resolve));
    this.port = this.server.address().port;
    this.room.onClose(() => {
      this.server.closeAllConnections();
      this.server.close();
    });
    return this;
  }

  url(path, host = 'localhost') {
    return `https://${host}:${this.port}${path}`;
  }

  get ca() {
    return this.room.path('ca.crt');
  }

  get otherCa() {
    return this.room.path('other-ca.crt');
  }

  #answer(request, response) {
    const page = this.pages[request.url];
    this.requests.push({ path: request.url, headers: request.headers });
    if (!page) {
      response.writeHead(404).end('nothing here');
      return;
    }
    if (page.etag && request.headers['if-none-match'] === page.etag) {
      response.writeHead(304).end();
      return;
    }
    response.writeHead(page.status ?? 200, { ...page.etag && { etag: page.etag },
      ...page.headers });
    response.end(page.body);
  }

  async #certify(authority, name, host) {
    const openssl = async (...args) => {
      const { code, stderr } = await run(['openssl', ...args]);
      if (code !== 0)
        throw new Error(`openssl ${args[0]}: ${stderr}`);
    };
    const at = (file) => this.room.path(file);
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
      '-nodes'];
    await openssl('req', '-x509', ...key, '-days', '2',
      '-subj', `/CN=${authority}`, '-keyout', at(`${authority}.key`),
      '-out', at(`${authority}.crt`));
    await openssl('req', ...key, '-subj', `/CN=${host}`,
      '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`));
    this.room.write(`${name}.ext`, `subjectAltName = DNS:${host}\n`);
    await openssl('x509', '-req', '-days', '2', '-in', at(`${name}.csr`),
      '-CA', at(`${authority}.crt`), '-CAkey', at(`${authority}.key`),
      '-CAcreateserial', '-extfile', at(`${name}.ext`),
      '-out', at(`${name}.crt`));
  }
}
