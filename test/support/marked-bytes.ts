/** Bytes that tell whose they are and where they belong: every sixteen name their message and their place in it. Pure. */

export const MARK_BYTES = 16;
const NAME_BYTES = 12;

/** The bytes from `from` to `to` of the message of this name, of at most 12 characters. */
export function markedBytes(name: string, from: number, to: number): Buffer {
  const first = Math.floor(from / MARK_BYTES);
  const count = Math.ceil(to / MARK_BYTES) - first;
  const marks = Buffer.alloc(
    Math.max(0, count) * MARK_BYTES,
    name.padEnd(NAME_BYTES, '.').padEnd(MARK_BYTES),
  );
  for (let i = 0; i < count; i++) marks.writeUInt32BE(first + i, i * MARK_BYTES + NAME_BYTES);
  const start = from - first * MARK_BYTES;
  return marks.subarray(start, start + to - from);
}

/** Compares what arrives with what must arrive. */
export class MarkCheck {
  readonly #name: string;
  readonly #report: (what: string) => void;
  count = 0;

  /** @param report told of the first bytes that belong to something else */
  constructor(name: string, report: (what: string) => void) {
    this.#name = name;
    this.#report = report;
  }

  push(piece: Buffer): void {
    const from = this.count;
    this.count += piece.length;
    const expected = markedBytes(this.#name, from, this.count);
    if (piece.equals(expected)) return;
    const at = piece.findIndex((byte, i) => byte !== expected[i]);
    const found = piece.subarray(at, at + 2 * MARK_BYTES).toString('latin1');
    this.#report(`${this.#name}, byte ${from + at} of ${this.count}: ${JSON.stringify(found)}`);
  }
}
