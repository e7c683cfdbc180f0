// SPDX-License-Identifier: BSD-2-Clause
//
// certificates.mjs - an authority and what it signs, made by openssl for one
// test: none is kept, so none runs out

import { run } from './program.mjs';

const must = async (room, ...args) => {
  const { code, stderr } = await run(['openssl', ...args],
    { cwd: room.folder });
  if (code !== 0)
    throw new Error(`openssl ${args.join(' ')}: ${stderr}`);
};

export class Authority {
  constructor(room, name) {
    Object.assign(this, { room, name, file: room.path(`${name}.pem`) });
  }

  static async make(room, name = 'authority') {
    const authority = new Authority(room, name);
    await must(room, 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
      'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`, '-out',
      `${name}.pem`, '-subj', `/CN=${name} of a test`, '-days', '2');
    return authority;
  }

  get cert() {
    return this.room.read(`${this.name}.pem`);
  }

  /**
   * @param names  subjectAltName: 'IP:127.0.0.1,DNS:bearerbox.example'
   * @param options  kind: 'ec' or 'rsa'; expired
   * @return { certFile, keyFile, bothFile, cert, key } (paths and contents)
   */
  async sign(name, names = 'IP:127.0.0.1',
    { kind = 'ec', expired = false } = {}) {
    const { room } = this;
    const kinds = { ec: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
      rsa: ['rsa:2048'] };
    room.write(`${name}.ext`, `subjectAltName=${names}\n`);
    await must(room, 'req', '-newkey', ...kinds[kind], '-nodes', '-keyout',
      `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    // a negative count of days is how openssl 3.0 makes one that has run out
    await must(room, 'x509', '-req', '-in', `${name}.csr`, '-CA',
      `${this.name}.pem`, '-CAkey', `${this.name}.key`, '-CAcreateserial',
      '-extfile', `${name}.ext`, '-out', `${name}.pem`, '-days',
      expired ? '-1' : '2');
    const cert = room.read(`${name}.pem`), key = room.read(`${name}.key`);
    room.write(`${name}.both`, cert + key);
    return { cert, key, certFile: room.path(`${name}.pem`),
      keyFile: room.path(`${name}.key`),
      bothFile: room.path(`${name}.both`) };
  }
}
