// SPDX-License-Identifier: BSD-2-Clause
//
// table.mjs - tables for a terminal: columns as wide as what is in them, Han
// counted as two, colour where it is wanted

export const colours = process.stdout.isTTY && !process.env.NO_COLOR &&
  process.env.TERM !== 'dumb';
const paint = (code) => (text) => colours ? `\u001b[${code}m${text}\u001b[0m`
  : text;
export const bold = paint('1');
export const dim = paint('2');
export const red = paint('31');
export const green = paint('32');
export const yellow = paint('33');
export const magenta = paint('35');
export const cyan = paint('36');

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Columns that a text takes on a terminal. */
export function width(text) {
  let columns = 0;
  for (const char of text)
    columns += WIDE.test(char) ? 2 : 1;
  return columns;
}

/** At most so many columns; what is cut away is marked. */
export function clip(text, columns) {
  if (width(text) <= columns)
    return text;
  let cut = '';
  for (const char of text) {
    if (width(cut + char) > columns - 1)
      break;
    cut += char;
  }
  return `${cut}…`;
}

/** Broken into lines of at most so many columns, at blanks where it can be. */
export function wrap(text, columns) {
  const lines = [];
  let line = '', blank = -1;
  for (const char of text) {
    if (width(line + char) > columns) {
      if (blank > 0) {
        lines.push(line.slice(0, blank));
        line = line.slice(blank + 1);
      } else {
        lines.push(line);
        line = '';
      }
      blank = -1;
    }
    if (char === ' ')
      blank = line.length;
    line += char;
  }
  return [...lines, line];
}

/**
 * @param heads  [{ title, width }]: the most columns each may take
 * @param rows   arrays of { text, paint } or strings, one a head
 * @return lines
 */
export function table(heads, rows) {
  const cells = rows.map((row) => row.map((cell) =>
    typeof cell === 'string' ? { text: cell } : cell));
  const widths = heads.map((head, at) => Math.min(head.width ?? Infinity,
    Math.max(width(head.title), ...cells.map((row) => width(row[at].text)))));
  const pad = (text, columns) => text + ' '.repeat(
    Math.max(0, columns - width(text)));
  const lines = [heads.map((head, at) => bold(pad(head.title, widths[at])))
    .join('  ').trimEnd(), dim(widths.map((columns) => '─'.repeat(columns)).join('  '))];
  for (const row of cells) {
    const wrapped = row.map((cell, at) => wrap(cell.text, widths[at]));
    const height = Math.max(...wrapped.map((part) => part.length));
    for (let y = 0; y < height; y++)
      lines.push(wrapped.map((part, at) => {
        const text = pad(part[y] ?? '', widths[at]);
        return row[at].paint ? row[at].paint(text) : text;
      }).join('  ').trimEnd());
  }
  return lines;
}
