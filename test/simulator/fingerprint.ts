/** A running hash of text. Two runs with the same fingerprint went through the same events. */
export class Fingerprint {
  #low = 0x811c9dc5 | 0;
  #high = 0x1b873593 | 0;

  add(text: string): void {
    let low = this.#low;
    let high = this.#high;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      low = Math.imul(low ^ unit, 0x01000193);
      high = Math.imul((high ^ unit) + (high << 7), 0x85ebca6b);
    }
    this.#low = Math.imul(low ^ 0xff, 0x01000193);
    this.#high = Math.imul(high ^ 0xff, 0x85ebca6b);
  }

  toString(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
