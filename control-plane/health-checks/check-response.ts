/**
 * Reads the answer to a health check: its status, whether it is complete, and its body if that is wanted. Pure: it
 * takes bytes and knows no socket. It interprets no fields but those that say where the body ends.
 *
 * A client may be lenient; this reader is as strict as the engine (`data-plane/http1/wire`), because an answer that the
 * engine would refuse must not pass a check.
 */

/**
 * A check reads at most so many bytes of the body, framing included. An answer that goes on after them counts as whole.
 */
export const BODY_LIMIT_BYTES = 65_536;
export const HEAD_LIMIT_BYTES = 16_384;
/** Most interim answers (1xx) that may come before the answer. */
const INTERIM_LIMIT = 16;
/** Longest line with the size of a chunk, and longest line of the trailer section, in bytes. */
const LINE_LIMIT_BYTES = 4_096;

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;

/** The answer breaks HTTP/1. Its message says how, for people. */
export class MalformedAnswer extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MalformedAnswer';
  }
}

type Body =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; left: number }
  | { readonly kind: 'chunked'; part: 'size' | 'data' | 'data-end' | 'trailer'; left: number; line: string }
  | { readonly kind: 'until-close' };

export interface AnswerTo {
  /** True for HEAD: its answer has no body, whatever Content-Length says. */
  readonly isBodiless: boolean;
  /** Whether the body is wanted. If not, it is read and dropped. */
  readonly isKept: boolean;
}

export class CheckResponse {
  readonly #asked: AnswerTo;
  readonly #kept: Buffer[] = [];
  #isWhole = false;
  #head = '';
  #interim = 0;
  #status: number | null = null;
  #body: Body = { kind: 'none' };
  #bodyBytes = 0;

  constructor(asked: AnswerTo) {
    this.#asked = asked;
  }

  /** The body as far as it was kept, without its framing. */
  get body(): Buffer {
    return Buffer.concat(this.#kept);
  }

  /** Whether reading stopped at the limit, before the end of the body. */
  get isCut(): boolean {
    return this.#bodyBytes >= BODY_LIMIT_BYTES && !this.#isWhole;
  }

  /** The status; `null` until the head of the answer has arrived. */
  get status(): number | null {
    return this.#status;
  }

  /**
   * Takes the next bytes. Returns true if the answer is whole, or longer than a check reads. Throws MalformedAnswer.
   */
  take(chunk: Buffer): boolean {
    if (this.#status !== null) return this.#takeBody(chunk);
    let searched = Math.max(0, this.#head.length - 3);
    this.#head += chunk.toString('latin1');
    for (;;) {
      const end = this.#head.indexOf('\r\n\r\n', searched);
      searched = 0;
      if (end > HEAD_LIMIT_BYTES || (end < 0 && this.#head.length > HEAD_LIMIT_BYTES)) {
        throw new MalformedAnswer(`the head of the answer is larger than ${HEAD_LIMIT_BYTES} bytes`);
      }
      if (end < 0) {
        if (!couldBeHttp(this.#head)) throw new MalformedAnswer('the answer is not HTTP/1');
        return false;
      }
      const head = this.#head.slice(0, end);
      const rest = this.#head.slice(end + 4);
      const status = statusOf(head);
      if (status >= 200) {
        this.#status = status;
        this.#head = '';
        this.#body = bodyOf(status, head);
        if (this.#asked.isBodiless) this.#body = { kind: 'none' };
        return this.#takeBody(Buffer.from(rest, 'latin1'));
      }
      if (status === 101) throw new MalformedAnswer('the answer switches protocols, which nobody asked for');
      this.#interim += 1;
      if (this.#interim > INTERIM_LIMIT) throw new MalformedAnswer('too many interim answers');
      this.#head = rest;
    }
  }

  /** The peer has closed its side. Returns whether that completes the answer (its body ends with the connection). */
  end(): boolean {
    return this.#status !== null && this.#body.kind === 'until-close';
  }

  #takeBody(bytes: Buffer): boolean {
    const body = this.#body;
    this.#bodyBytes += bytes.length;
    const keep = (piece: Buffer): void => {
      if (this.#asked.isKept && piece.length > 0) this.#kept.push(piece);
    };
    this.#isWhole = body.kind === 'chunked' ? takeChunks(body, bytes, keep) : takePlain(body, bytes, keep);
    return this.#isWhole || this.#bodyBytes >= BODY_LIMIT_BYTES;
  }
}

type Keep = (piece: Buffer) => void;

function couldBeHttp(text: string): boolean {
  return text.length < 7 ? 'HTTP/1.'.startsWith(text) : text.startsWith('HTTP/1.');
}

function statusOf(head: string): number {
  const status = /^HTTP\/1\.[01] ([1-5]\d\d)(?: [^\r\n]*)?(?:\r\n|$)/.exec(head)?.[1];
  if (status === undefined) throw new MalformedAnswer('the answer does not begin with a status line');
  return Number(status);
}

/** Where the body ends (RFC 9112 §6.3). */
function bodyOf(status: number, head: string): Body {
  let length: number | null = null;
  let coding: string | null = null;
  for (const line of head.split('\r\n').slice(1)) {
    const name = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(?=:)/.exec(line)?.[0].toLowerCase();
    if (name === undefined || /[\r\n\0]/.test(line)) {
      throw new MalformedAnswer('a line of its head is no field');
    }
    const value = withoutBlanks(line.slice(name.length + 1));
    if (name === 'content-length') {
      const said = /^\d{1,15}$/.test(value) ? Number(value) : -1;
      if (said < 0 || (length !== null && length !== said)) {
        throw new MalformedAnswer('its Content-Length is not one number');
      }
      length = said;
    } else if (name === 'transfer-encoding') {
      coding = coding === null ? value.toLowerCase() : `${coding}, ${value.toLowerCase()}`;
    }
  }
  if (status === 204 || status === 304) return { kind: 'none' };
  if (coding !== null && length !== null) {
    throw new MalformedAnswer('it has both Content-Length and Transfer-Encoding');
  }
  if (coding !== null && head.startsWith('HTTP/1.0')) {
    throw new MalformedAnswer('it has a Transfer-Encoding in HTTP/1.0');
  }
  if (coding === 'chunked') return { kind: 'chunked', part: 'size', left: 0, line: '' };
  if (coding !== null) throw new MalformedAnswer('its Transfer-Encoding is not chunked');
  return length === null ? { kind: 'until-close' } : { kind: 'length', left: length };
}

/**
 * The text without the blanks around it. No pattern, because the backend writes the text: to find its end a pattern may try
 * every blank with every other, and 16 KiB of blanks then hold the process for minutes.
 */
function withoutBlanks(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && isBlank(text.charCodeAt(from))) from += 1;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

function takePlain(body: Exclude<Body, { kind: 'chunked' }>, bytes: Buffer, keep: Keep): boolean {
  if (body.kind === 'none') return true;
  if (body.kind === 'until-close') {
    keep(bytes);
    return false;
  }
  keep(bytes.subarray(0, body.left));
  body.left -= bytes.length;
  return body.left <= 0;
}

/** Reads chunks (RFC 9112 §7.1). Returns true after the last chunk and its trailers. */
function takeChunks(body: Extract<Body, { kind: 'chunked' }>, bytes: Buffer, keep: Keep): boolean {
  for (let at = 0; at < bytes.length;) {
    if (body.part === 'data') {
      const taken = Math.min(body.left, bytes.length - at);
      keep(bytes.subarray(at, at + taken));
      body.left -= taken;
      at += taken;
      if (body.left === 0) body.part = 'data-end';
      continue;
    }
    const byte = bytes[at] ?? 0;
    at += 1;
    if (byte !== LF || !body.line.endsWith('\r')) {
      if (byte === LF || (body.part === 'data-end' && (byte !== CR || body.line !== ''))) {
        throw new MalformedAnswer('its chunks are malformed');
      }
      body.line += String.fromCharCode(byte);
      if (body.line.length > LINE_LIMIT_BYTES) {
        throw new MalformedAnswer('a line between its chunks is too long');
      }
      continue;
    }
    const line = body.line.slice(0, -1);
    body.line = '';
    if (body.part === 'trailer') {
      if (line === '') return true;
    } else if (body.part === 'data-end') body.part = 'size';
    else startChunk(body, line);
  }
  return false;
}

function startChunk(body: Extract<Body, { kind: 'chunked' }>, line: string): void {
  const size = /^([0-9A-Fa-f]{1,12})(?:[ \t]*;.*)?$/.exec(line)?.[1];
  if (size === undefined) throw new MalformedAnswer('the size of a chunk is no number');
  body.left = Number.parseInt(size, 16);
  body.part = body.left === 0 ? 'trailer' : 'data';
}
