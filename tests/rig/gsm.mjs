// SPDX-License-Identifier: BSD-2-Clause
//
// gsm.mjs - the GSM 7-bit default alphabet, one septet an octet as SMPP
// carries it (data_coding 0)
//
// Source: 3GPP TS 23.038 6.2.1 and 6.2.1.1

const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const EXTENSION = new Map([
  [0x0a, '\f'], [0x14, '^'], [0x28, '{'], [0x29, '}'], [0x2f, '\\'],
  [0x3c, '['], [0x3d, '~'], [0x3e, ']'], [0x40, '|'], [0x65, '€'],
]);
const ESCAPE = 0x1b;

const toSeptet = new Map([...BASIC].map((char, index) => [char, [index]]));
for (const [septet, char] of EXTENSION)
  toSeptet.set(char, [ESCAPE, septet]);

/** Characters of this alphabet that a test may choose from. */
export const GSM_CHARS = [...toSeptet.keys()].filter((c) => c !== '\u001b');

export function gsmDecode(octets) {
  let text = '';
  for (let at = 0; at < octets.length; at++) {
    const septet = octets[at] & 0x7f;
    if (septet === ESCAPE && at + 1 < octets.length) {
      at++;
      text += EXTENSION.get(octets[at]) ?? ' ';
    } else {
      text += BASIC[septet];
    }
  }
  return text;
}

export function gsmEncode(text) {
  return Buffer.from([...text].flatMap((char) => {
    const septets = toSeptet.get(char);
    if (!septets)
      throw new Error(`${char} is not in the GSM alphabet`);
    return septets;
  }));
}

export function ucs2Encode(text) {
  return Buffer.from(text, 'utf16le').swap16();
}

export function ucs2Decode(octets) {
  return Buffer.from(octets.subarray(0, octets.length & ~1)).swap16()
    .toString('utf16le');
}
