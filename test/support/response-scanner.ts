/**
 * Cuts the bytes of one connection into HTTP/1.1 responses, for clients of tests.
 *
 * It trusts what it reads as far as framing goes (length, chunks, end of connection) and throws on anything that it
 * cannot frame. It does not judge fields: that is what a test does with `head`. Independent of the data plane's own
 * parser on purpose, so that a defect there is not read back with the same eyes.
 */

export interface ScannedResponse {
  readonly status: number;
  /** Status line and fields, without the empty line. */
  readonly head: string;
  /** Empty unless bodies are kept. */
  readonly body: Buffer;
  readonly bodyBytes: number;
  /** False when the connection must not be used again. */
  readonly keepAlive: boolean;
}

export class MalformedResponse extends Error {}

const MAX_HEAD_BYTES = 65_536;
const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');
const EMPTY = Buffer.alloc(0);

type Phase = 'head' | 'sized-body' | 'chunk-size' | 'chunk-data' | 'trailers' | 'body-until-end';

/** One per connection. Requests are answered in order; interim (1xx) responses except 101 are skipped. */
export class ResponseScanner {
  readonly #keepBodies: boolean;
  #phase: Phase = 'head';
  #rest: Buffer = EMPTY;
  #head = '';
  #status = 0;
  #remaining = 0;
  #bodyBytes = 0;
  #body: Buffer[] = [];
  #bodiless = false;

  constructor(options: { readonly keepBodies: boolean }) {
    this.#keepBodies = options.keepBodies;
  }

  /** True when part of a response has arrived: the connection ending now cuts it. */
  get midway(): boolean {
    return this.#phase !== 'head' || this.#rest.length > 0;
  }

  /** The next response answers a HEAD request. */
  expectNoBody(): void {
    this.#bodiless = true;
  }

  /** Responses completed by these bytes. Throws MalformedResponse. */
  push(chunk: Buffer): ScannedResponse[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const done: ScannedResponse[] = [];
    for (let more = true; more;) {
      const before = this.#rest.length;
      const phase = this.#phase;
      const response = this.#step();
      if (response !== null) done.push(response);
      more = this.#rest.length < before || this.#phase !== phase;
    }
    return done;
  }

  /** The other side has ended: a response that lasts until then, else null. A cut response shows as `midway`. */
  end(): ScannedResponse | null {
    return this.#phase === 'body-until-end' ? this.#finish(false) : null;
  }

  #step(): ScannedResponse | null {
    switch (this.#phase) {
      case 'head':
        return this.#readHead();
      case 'sized-body':
        this.#takeBody();
        return this.#remaining === 0 ? this.#finish(saysKeepAlive(this.#head)) : null;
      case 'chunk-size':
        this.#readChunkSize();
        return null;
      case 'chunk-data':
        return this.#readChunkData();
      case 'trailers': {
        const line = this.#takeLine();
        return line === '' ? this.#finish(saysKeepAlive(this.#head)) : null;
      }
      case 'body-until-end':
        this.#remaining = this.#rest.length;
        this.#takeBody();
        return null;
    }
  }

  #readHead(): ScannedResponse | null {
    const end = this.#rest.indexOf(HEAD_END);
    if (end < 0) {
      if (this.#rest.length > MAX_HEAD_BYTES) throw new MalformedResponse('endless response head');
      return null;
    }
    this.#head = this.#rest.toString('latin1', 0, end);
    this.#rest = this.#rest.subarray(end + HEAD_END.length);
    const match = /^HTTP\/1\.[01] (\d{3})(?: |\r|$)/.exec(this.#head);
    if (match === null) throw new MalformedResponse(`not a status line: ${this.#head.slice(0, 80)}`);
    this.#status = Number(match[1]);
    if (this.#status < 200 && this.#status !== 101) return null;
    return this.#beginBody();
  }

  #beginBody(): ScannedResponse | null {
    if (this.#bodiless || this.#status === 101 || this.#status === 204 || this.#status === 304) {
      return this.#finish(saysKeepAlive(this.#head));
    }
    if (/chunked\s*$/i.test(fieldOf(this.#head, 'transfer-encoding') ?? '')) {
      this.#phase = 'chunk-size';
      return null;
    }
    const length = fieldOf(this.#head, 'content-length');
    if (length === null) {
      this.#phase = 'body-until-end';
      return null;
    }
    if (!/^\d+$/.test(length)) throw new MalformedResponse(`content-length: ${length}`);
    this.#remaining = Number(length);
    this.#phase = 'sized-body';
    return null;
  }

  #readChunkSize(): void {
    const line = this.#takeLine();
    if (line === null) return;
    const size = /^[0-9a-f]+/i.exec(line);
    if (size === null) throw new MalformedResponse(`chunk size: ${line.slice(0, 80)}`);
    this.#remaining = Number.parseInt(size[0], 16);
    this.#phase = this.#remaining === 0 ? 'trailers' : 'chunk-data';
  }

  #readChunkData(): null {
    this.#takeBody();
    if (this.#remaining > 0 || this.#rest.length < LINE_END.length) return null;
    if (this.#takeLine() !== '') throw new MalformedResponse('chunk longer than its size');
    this.#phase = 'chunk-size';
    return null;
  }

  #takeLine(): string | null {
    const end = this.#rest.indexOf(LINE_END);
    if (end < 0) {
      if (this.#rest.length > MAX_HEAD_BYTES) throw new MalformedResponse('endless line');
      return null;
    }
    const line = this.#rest.toString('latin1', 0, end);
    this.#rest = this.#rest.subarray(end + LINE_END.length);
    return line;
  }

  #takeBody(): void {
    const take = Math.min(this.#remaining, this.#rest.length);
    if (take === 0) return;
    if (this.#keepBodies) this.#body.push(this.#rest.subarray(0, take));
    this.#rest = this.#rest.subarray(take);
    this.#bodyBytes += take;
    this.#remaining -= take;
  }

  #finish(keepAlive: boolean): ScannedResponse {
    const response = {
      status: this.#status,
      head: this.#head,
      // Copied: the chunks may be views of a receive buffer that is used again.
      body: this.#keepBodies ? Buffer.concat(this.#body) : EMPTY,
      bodyBytes: this.#bodyBytes,
      keepAlive,
    };
    this.#phase = 'head';
    this.#head = '';
    this.#body = [];
    this.#bodyBytes = 0;
    this.#remaining = 0;
    this.#bodiless = false;
    return response;
  }
}

/** The value of the first field with this (lower-case) name in a head, trimmed; null when absent. */
export function fieldOf(head: string, name: string): string | null {
  for (const line of head.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    if (colon > 0 && line.slice(0, colon).toLowerCase() === name) return line.slice(colon + 1).trim();
  }
  return null;
}

function saysKeepAlive(head: string): boolean {
  const options = (fieldOf(head, 'connection') ?? '').toLowerCase().split(/\s*,\s*/);
  return head.startsWith('HTTP/1.0') ? options.includes('keep-alive') : !options.includes('close');
}
