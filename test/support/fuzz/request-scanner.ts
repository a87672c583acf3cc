/**
 * Cuts the bytes of one connection into HTTP/1.1 requests, for a backend of a fuzz that is asked with any method. Trusts what it reads
 * as far as framing goes, and throws on what it cannot frame. Independent of the data plane's parser on purpose.
 */
export interface ScannedRequest {
  readonly method: string;
  readonly head: string;
  readonly id: string;
}

const HEAD_END = '\r\n\r\n';
const MOST_HEAD_BYTES = 100_000;

export class RequestScanner {
  #rest: Buffer = Buffer.alloc(0);
  #request: ScannedRequest | null = null;
  /** Bytes of a sized body, or of a chunk with its end, that are still to come. */
  #left = 0;
  #isChunked = false;

  /** @param onHead called once a head has come. @param onEnd called once all of its request has */
  push(
    chunk: Buffer,
    onHead: (request: ScannedRequest) => void,
    onEnd: (request: ScannedRequest) => void,
  ): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      if (this.#request === null) {
        const request = this.#readHead();
        if (request === null) return;
        this.#request = request;
        onHead(request);
      }
      if (!this.#readBody()) return;
      const done = this.#request;
      this.#request = null;
      onEnd(done);
    }
  }

  #readHead(): ScannedRequest | null {
    const end = this.#rest.indexOf(HEAD_END);
    if (end < 0) {
      if (this.#rest.length > MOST_HEAD_BYTES) throw new Error('endless head');
      return null;
    }
    const head = this.#rest.toString('latin1', 0, end);
    this.#rest = this.#rest.subarray(end + HEAD_END.length);
    const [line = '', ...fields] = head.split('\r\n');
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) [\x21-\x7e]+ HTTP\/1\.1$/.exec(line);
    if (match === null) throw new Error(`not a request line: ${line.slice(0, 100)}`);
    const valuesOf = (name: string): string[] =>
      fields
        .filter((field) => field.toLowerCase().startsWith(`${name}:`))
        .map((field) => field.slice(name.length + 1).trim());
    const codings = valuesOf('transfer-encoding');
    const lengths = valuesOf('content-length');
    if (codings.length + lengths.length > 1) throw new Error(`two framings: ${head.slice(0, 400)}`);
    if (lengths.some((length) => !/^\d+$/.test(length)) || codings.some((coding) => coding !== 'chunked')) {
      throw new Error(`framing: ${head.slice(0, 400)}`);
    }
    this.#isChunked = codings.length > 0;
    this.#left = Number(lengths[0] ?? 0);
    return { method: match[1] ?? '', head, id: valuesOf('x-fuzz')[0] ?? '-' };
  }

  /** Answers whether all of it has come. */
  #readBody(): boolean {
    for (;;) {
      const taken = Math.min(this.#left, this.#rest.length);
      this.#rest = this.#rest.subarray(taken);
      this.#left -= taken;
      if (this.#left > 0) return false;
      if (!this.#isChunked) return true;
      const end = this.#rest.indexOf('\r\n');
      if (end < 0) return false;
      const size = Number.parseInt(this.#rest.toString('latin1', 0, end), 16);
      if (!(size >= 0)) throw new Error(`chunk size: ${this.#rest.toString('latin1', 0, 40)}`);
      if (size === 0) return this.#readTrailers(end);
      this.#rest = this.#rest.subarray(end + 2);
      this.#left = size + 2;
    }
  }

  #readTrailers(from: number): boolean {
    // The line of the last chunk ends where an empty section begins.
    const end = this.#rest.indexOf(HEAD_END, from);
    if (end < 0) return false;
    this.#rest = this.#rest.subarray(end + HEAD_END.length);
    return true;
  }
}
