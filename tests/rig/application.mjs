// SPDX-License-Identifier: BSD-2-Clause
//
// application.mjs - the application behind smsbox: sends by sendsms, receives
// phones' messages (get-url) and delivery reports (dlr-url) by HTTP

import { Agent, createServer, request } from 'node:http';
import { until } from './room.mjs';

// Kannel fills these in; %b is the text's octets, escaped.
const MO_QUERY = 'from=%p&to=%P&coding=%c&udh=%u&octets=%b&smsc=%i&id=%I';
const REPORT_QUERY = 'type=%d&from=%p&to=%P&smsc=%i&text=%A';

/** Query values as octets: Kannel escapes octets, not characters. */
function parseQuery(url) {
  const values = new Map();
  for (const pair of (url.split('?')[1] ?? '').split('&')) {
    const at = pair.indexOf('=');
    if (at >= 0)
      values.set(pair.slice(0, at), unescapeOctets(pair.slice(at + 1)));
  }
  return values;
}

function unescapeOctets(text) {
  const octets = [];
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '%') {
      octets.push(parseInt(text.slice(at + 1, at + 3), 16));
      at += 2;
    } else {
      octets.push(text[at] === '+' ? 0x20 : text.charCodeAt(at));
    }
  }
  return Buffer.from(octets);
}

export function escapeOctets(octets) {
  return [...Buffer.from(octets)]
    .map((octet) => `%${octet.toString(16).padStart(2, '0')}`).join('');
}

export class Application {
  #server;
  #sockets = new Set();

  constructor(room, port) {
    this.port = port;
    this.received = []; // { from, to, coding, udh, octets, text, at }
    this.reports = [];  // { tag, type, text, at }
    this.reply = () => ''; // what is sent back to the phone; '' sends nothing
    this.#server = createServer({ maxHeaderSize: 1 << 20 },
      (req, res) => this.#serve(req, res));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    room.onClose(() => this.close());
  }

  listen() {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.port, '127.0.0.1', () => resolve(this));
    });
  }

  close() {
    for (const socket of this.#sockets)
      socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** For `get-url` of a sms-service. */
  get moUrl() {
    return `http://127.0.0.1:${this.port}/mo?${MO_QUERY}`;
  }

  /** For `dlr-url` of a message; `tag` comes back with the report. */
  reportUrl(tag) {
    return `http://127.0.0.1:${this.port}/report?tag=${tag}&${REPORT_QUERY}`;
  }

  #serve(req, res) {
    const query = parseQuery(req.url);
    const text = (name) => (query.get(name) ?? Buffer.alloc(0)).toString();
    let body = '';
    if (req.url.startsWith('/mo?')) {
      const octets = query.get('octets') ?? query.get('text') ??
        Buffer.alloc(0);
      const message = {
        at: Date.now(), from: text('from'), to: text('to'),
        coding: Number(text('coding')), udh: query.get('udh'), octets,
        id: text('id'), smsc: text('smsc'),
        text: Number(text('coding')) === 2
          ? Buffer.from(octets).swap16().toString('utf16le')
          : octets.toString(),
      };
      this.received.push(message);
      body = this.reply(message);
    } else if (req.url.startsWith('/report?')) {
      this.reports.push({
        at: Date.now(), tag: text('tag'), type: Number(text('type')),
        text: text('text'),
      });
    }
    res.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' });
    res.end(body);
  }

  receivedOne(match, what = 'a message at the application', options) {
    return until(() => this.received.find(match), () => `${what}; it got:\n${
      this.received.slice(-10).map((m) => `  ${m.from}: ${m.text}`)
        .join('\n')}`, options);
  }

  reported(tag, type, options) {
    return until(() => this.reports.find(
      (r) => r.tag === tag && (type === undefined || r.type === type)),
    () => `a report ${type ?? ''} for ${tag}; there were: ${
      JSON.stringify(this.reports.slice(-10))}`, options);
  }
}

// A connection a request: none is reused after its smsbox was killed.
const agent = new Agent({ keepAlive: false, maxSockets: 200 });

/**
 * sendsms.
 *
 * @param message  { from, to, and text (UTF-8; coding 0 or 2) or octets;
 *                 coding; udh; dlrUrl, dlrMask; more: further CGI variables }
 * @return { status, body } of the HTTP answer
 */
export function sendSms(port, message, { ms = 60000, user = 'tester',
  password = 'secret' } = {}) {
  const query = [`username=${user}`, `password=${password}`,
    `from=${escapeOctets(message.from)}`, `to=${escapeOctets(message.to)}`];
  if (message.text !== undefined)
    query.push('charset=utf-8', `text=${escapeOctets(message.text)}`);
  else
    query.push(`text=${escapeOctets(message.octets)}`);
  if (message.coding !== undefined)
    query.push(`coding=${message.coding}`);
  if (message.udh)
    query.push(`udh=${escapeOctets(message.udh)}`);
  if (message.dlrUrl)
    query.push(`dlr-mask=${message.dlrMask ?? 31}`,
      `dlr-url=${escapeOctets(message.dlrUrl)}`);
  for (const [name, value] of Object.entries(message.more ?? {}))
    query.push(`${name}=${escapeOctets(String(value))}`);
  return get(port, `/cgi-bin/sendsms?${query.join('&')}`, { ms });
}

/** GET on loopback: { status, body }. */
export function get(port, path, { ms = 20000, headers = {} } = {}) {
  return new Promise((resolve, reject) => {
    const req = request({ host: '127.0.0.1', port, path, agent, headers },
      (res) => {
        const chunks = [];
        res.on('data', (chunk) => chunks.push(chunk));
        res.on('end', () => resolve({
          status: res.statusCode, body: Buffer.concat(chunks).toString(),
        }));
        res.on('error', reject);
      });
    req.setTimeout(ms, () => req.destroy(new Error(`no answer in ${ms} ms`)));
    req.on('error', reject);
    req.end();
  });
}
