// SPDX-License-Identifier: BSD-2-Clause
//
// random.mjs - random numbers from a seed: the same seed, the same run
//
// sfc32, seeded through splitmix32; good enough to choose with.

export class Random {
  #a; #b; #c; #counter = 1;

  constructor(seed) {
    let state = seed >>> 0;
    const split = () => {
      state = (state + 0x9e3779b9) | 0;
      let z = state ^ (state >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z ^= z >>> 15;
      z = Math.imul(z, 0x735a2d97);
      return z ^ (z >>> 15);
    };
    this.#a = split();
    this.#b = split();
    this.#c = split();
    for (let i = 0; i < 12; i++)
      this.bits();
  }

  /** 32 random bits, unsigned. */
  bits() {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + t) | 0;
    return t >>> 0;
  }

  /** 0 <= x < 1 */
  fraction() {
    return this.bits() / 0x100000000;
  }

  /** A whole number, low <= x <= high. */
  between(low, high) {
    return low + Math.floor(this.fraction() * (high - low + 1));
  }

  chance(probability) {
    return this.fraction() < probability;
  }

  pick(choices) {
    return choices[this.between(0, choices.length - 1)];
  }

  octets(count) {
    const octets = Buffer.alloc(count);
    for (let i = 0; i < count; i++)
      octets[i] = this.bits() & 0xff;
    return octets;
  }

  uuid() {
    const hex = this.octets(16).toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16),
      hex.slice(16, 20), hex.slice(20)].join('-');
  }

  shuffle(items) {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.between(0, i);
      [items[i], items[j]] = [items[j], items[i]];
    }
    return items;
  }
}
