// SPDX-License-Identifier: BSD-2-Clause
//
// conf.mjs - configuration files from values: Kannel's groups (bearerbox,
// smsbox, fanzhabox) and libconfig (fanzha.conf, rules.conf)

/**
 * Kannel's syntax. `groups` is an array of objects, each with `group` first;
 * undefined values are left out, booleans become true and false.
 */
export function kannelConf(groups) {
  return groups.map((group) => Object.entries(group)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => `${key} = ${kannelValue(value)}\n`).join(''))
    .join('\n');
}

function kannelValue(value) {
  return typeof value === 'string' && !/^[\w./-]+$/.test(value)
    ? `"${value.replace(/["\\]/g, '\\$&')}"` : String(value);
}

/** A float for libconfig, which reads 5 and 5.0 as different kinds. */
export class Float {
  constructor(value) {
    this.value = value;
  }
}
export const float = (value) => new Float(value);

/** Top level settings of a libconfig file. Arrays of scalars become [ ],
 *  arrays of objects ( ); numbers are integers unless given by float(). */
export function libconfig(settings) {
  return Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} = ${libconfigValue(value, '')};\n`)
    .join('');
}

function libconfigValue(value, indent) {
  const deeper = `${indent}  `;
  if (value instanceof Float)
    return Number.isInteger(value.value) ? value.value.toFixed(1)
      : String(value.value);
  if (typeof value === 'string')
    return `"${value.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n')}"`;
  if (Array.isArray(value)) {
    const items = value.map((item) => libconfigValue(item, deeper));
    return value.some((item) => typeof item === 'object')
      ? `(\n${items.map((item) => deeper + item).join(',\n')}\n${indent})`
      : `[ ${items.join(', ')} ]`;
  }
  if (typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) =>
        `${deeper}${key} = ${libconfigValue(member, deeper)};\n`);
    return `{\n${members.join('')}${indent}}`;
  }
  return String(value);
}
