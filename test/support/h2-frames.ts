/**
 * A client of HTTP/2 that writes frames as it is told, right or wrong: what a well-behaved library would never send. Reads just
 * enough of what comes back to tell what became of the connection and of each stream.
 */
import type { TLSSocket } from 'node:tls';
import { openTls } from './raw-client.js';
import { waitUntil } from './wait-until.js';

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { ack: 1, endStream: 1, endHeaders: 4 } as const;

/** Error codes of RFC 9113 §7. */
export const CODE = {
  none: 0,
  protocol: 1,
  internal: 2,
  streamClosed: 5,
  refused: 7,
  cancel: 8,
  calm: 11,
} as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const HEAD_BYTES = 9;
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer | readonly number[] = [],
): Buffer {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUIntBE(body.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

/** HPACK without compression: literal fields that are not indexed (RFC 7541 §6.2.2). */
export function fields(...pairs: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(
    pairs.map(([name, value]) => Buffer.concat([Buffer.from([0]), text(name), text(value)])),
  );
}

/** A literal field that enters the dynamic table (RFC 7541 §6.2.1). */
export function indexedField(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0x40]), text(name), text(value)]);
}

/** The newest field of the dynamic table: one byte (RFC 7541 §6.1). */
export const NEWEST_FIELD = 0x80 | 62;

/** The fields of a request; an empty value leaves a pseudo field out. */
export function request(
  pseudo: Readonly<Record<string, string>> = {},
  ...regular: readonly (readonly [string, string])[]
): Buffer {
  const all = { ':method': 'GET', ':scheme': 'https', ':authority': 'a.test', ':path': '/', ...pseudo };
  return fields(...Object.entries(all).filter(([, value]) => value !== ''), ...regular);
}

export function headers(
  stream: number,
  block: Buffer,
  flags: number = FLAG.endHeaders | FLAG.endStream,
): Buffer {
  return frame(FRAME.headers, flags, stream, block);
}

export function data(stream: number, body: string, endStream = false): Buffer {
  return frame(FRAME.data, endStream ? FLAG.endStream : 0, stream, Buffer.from(body));
}

export function reset(stream: number, code: number = CODE.cancel): Buffer {
  return frame(FRAME.reset, 0, stream, uint32(code));
}

export function windowUpdate(stream: number, increment: number): Buffer {
  return frame(FRAME.windowUpdate, 0, stream, uint32(increment));
}

/** One SETTINGS frame; identifiers of RFC 9113 §6.5.2. */
export function settings(...entries: readonly (readonly [number, number])[]): Buffer {
  return frame(
    FRAME.settings,
    0,
    0,
    Buffer.concat(
      entries.map(([id, value]) => {
        const entry = Buffer.alloc(6);
        entry.writeUInt16BE(id, 0);
        entry.writeUInt32BE(value, 2);
        return entry;
      }),
    ),
  );
}

export const SETTING = { maxConcurrentStreams: 3, initialWindowSize: 4 } as const;

export function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
}

/** A string literal, not Huffman coded; its length in 7 bits and more (RFC 7541 §5.1, §5.2). */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  const length: number[] = [];
  if (bytes.length < 127) length.push(bytes.length);
  else {
    length.push(127);
    let rest = bytes.length - 127;
    for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) | 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}

export class FrameClient {
  readonly socket: TLSSocket;
  readonly frames: Frame[] = [];
  #rest = Buffer.alloc(0);
  #closed = false;

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('close', () => {
      this.#closed = true;
    });
  }

  /** After the TLS handshake; nothing is sent yet. */
  static async connect(port: number): Promise<FrameClient> {
    const socket = openTls(port, { ALPNProtocols: ['h2'] });
    const client = new FrameClient(socket);
    await waitUntil('the handshake', () => socket.alpnProtocol === 'h2' || client.isClosed);
    return client;
  }

  /** After the preface and the exchange of settings. */
  static async open(port: number, ...entries: readonly (readonly [number, number])[]): Promise<FrameClient> {
    const client = await FrameClient.connect(port);
    client.send(PREFACE, settings(...entries));
    await client.sees('the settings', ({ type, flags }) => type === FRAME.settings && flags === 0);
    client.send(frame(FRAME.settings, FLAG.ack, 0));
    return client;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  send(...parts: readonly (Buffer | string)[]): void {
    if (this.socket.writable) {
      this.socket.write(
        Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))),
      );
    }
  }

  async sees(what: string, condition: (frame: Frame) => boolean): Promise<Frame> {
    return waitUntil(
      `${what}; came: ${JSON.stringify(this.frames.slice(-20).map(({ type, stream }) => [type, stream]))}`,
      () => {
        const seen = this.frames.find(condition);
        if (seen === undefined && this.#closed) throw new Error(`the connection ended before ${what}`);
        return seen;
      },
    );
  }

  /** Waits for the head of the answer on this stream. */
  async answered(stream: number): Promise<Frame> {
    return this.sees(
      `an answer on ${stream}`,
      (each) => each.type === FRAME.headers && each.stream === stream,
    );
  }

  /** Waits for the reset of this stream and answers its code. */
  async resetCode(stream: number): Promise<number> {
    const seen = await this.sees(
      `a reset of ${stream}`,
      (each) => each.type === FRAME.reset && each.stream === stream,
    );
    return seen.payload.readUInt32BE(0);
  }

  /** Waits for the end of the connection and answers the code of the last GOAWAY before it, or `null`. */
  async goneWith(): Promise<number | null> {
    await waitUntil('the end of the connection', () => this.#closed);
    const last = this.frames.findLast(({ type }) => type === FRAME.goaway);
    return last === undefined ? null : last.payload.readUInt32BE(4);
  }

  close(): void {
    this.socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= HEAD_BYTES) {
      const length = this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < HEAD_BYTES + length) return;
      this.frames.push({
        type: this.#rest.readUInt8(3),
        flags: this.#rest.readUInt8(4),
        stream: this.#rest.readUInt32BE(5),
        payload: Buffer.from(this.#rest.subarray(HEAD_BYTES, HEAD_BYTES + length)),
      });
      this.#rest = this.#rest.subarray(HEAD_BYTES + length);
    }
  }
}
