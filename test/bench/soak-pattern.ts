/** Bodies that tell whose they are: the id of a request, over and over. Pure. */

/** All ids have this length, so that the same size is cut the same way whoever it belongs to. */
const ID_DIGITS = 9;

export function soakId(number: number): string {
  return `s${number.toString(36).padStart(ID_DIGITS, '0')}`;
}

export function bodyOf(id: string, size: number): Buffer {
  return Buffer.alloc(size, `${id}.`);
}

/** Compares a body with what it must be, piece by piece. */
export class BodyCheck {
  readonly #pattern: Buffer;
  #count = 0;
  #isForeign = false;

  constructor(id: string) {
    this.#pattern = Buffer.from(`${id}.`);
  }

  get count(): number {
    return this.#count;
  }

  /** Some byte was not of this request. */
  get isForeign(): boolean {
    return this.#isForeign;
  }

  push(piece: Buffer): void {
    const { length } = this.#pattern;
    const shift = this.#count % length;
    const turned = Buffer.concat([this.#pattern.subarray(shift), this.#pattern.subarray(0, shift)]);
    if (piece.length > 0 && !piece.equals(Buffer.alloc(piece.length, turned))) this.#isForeign = true;
    this.#count += piece.length;
  }
}
