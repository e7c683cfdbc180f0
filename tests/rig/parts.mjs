// SPDX-License-Identifier: BSD-2-Clause
//
// parts.mjs - headers of parts of longer messages
//
// Source: 3GPP TS 23.040 9.2.3.24.1 and 9.2.3.24.8

/** "Part `number` of `total`", with a reference of 16 bits (wide) or of 8. */
export function partHeader(reference, total, number, wide) {
  return wide
    ? Buffer.from([6, 8, 4, reference >> 8 & 255, reference & 255, total,
      number])
    : Buffer.from([5, 0, 3, reference & 255, total, number]);
}
