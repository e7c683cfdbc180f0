// SPDX-License-Identifier: BSD-2-Clause
//
// install.mjs - fanzhabox and fanzha.so as a package manager installs them:
// under a new inode, in the place of those that run
//
// Another version needs no other build: its number is written into a copy.

import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const TOP = fileURLToPath(new URL('../..', import.meta.url));

/** What was built: FANZHA_BUILD, else build/ of the sources. */
export const built = (name) =>
  `${process.env.FANZHA_BUILD ?? `${TOP}build`}/${name}`;

/** AC_INIT of configure.ac. */
export const VERSION = /AC_INIT\(\[fanzha\], \[([^\]]*)\]/
  .exec(readFileSync(`${TOP}configure.ac`, 'utf8'))[1];

export function install(room, { version = VERSION,
  names = ['fanzhabox', 'fanzha.so'] } = {}) {
  if (version.length !== VERSION.length)
    throw new Error(`version ${version} is not as long as ${VERSION}`);
  for (const name of names) {
    const octets = readFileSync(built(name));
    for (let at = 0; (at = octets.indexOf(VERSION, at)) !== -1;)
      at += octets.write(version, at, 'latin1');
    writeFileSync(room.path(`${name}.new`), octets);
    chmodSync(room.path(`${name}.new`), 0o755);
    renameSync(room.path(`${name}.new`), room.path(name));
  }
}
