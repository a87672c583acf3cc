/**
 * Notices a connection that nghttp2 has given up without a word. Node tells of a peer's error only while no GOAWAY has been sent; after one, be
 * it ours or the reply to the peer's, such an error ends all reading and writing, and nobody hears of it: streams stay as they are, and
 * not even the end of the socket is seen. Whether anything leaves still is found out by the same GOAWAY once more, which a peer may be
 * sent any number of times (RFC 9113 §6.8), and which leaves at once where anything can. Node sends no PING then.
 */
import type { Http2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { unsentBytes } from '../cut-socket.js';

/** Of a GOAWAY. */
const GOAWAY_BYTES = 17;

export class GivenUp {
  readonly #session: Http2Session;
  readonly #socket: TLSSocket;
  /** What had been sent before the GOAWAY, while one is on its way. */
  #sentBefore: number | null = null;

  constructor(session: Http2Session, socket: TLSSocket) {
    this.#session = session;
    this.#socket = socket;
  }

  /** How much of what was sent since the last look is this one's own doing, at most. */
  get ownBytes(): number {
    return this.#sentBefore === null ? 0 : GOAWAY_BYTES;
  }

  /** To be called about once a second. Answers whether nothing can leave any more: known with the second call that finds it so. */
  look(): boolean {
    const sent = this.#socket.bytesWritten;
    const before = this.#sentBefore;
    this.#sentBefore = null;
    // What comes behind bytes that the system has not taken waits with good reason.
    if (this.#session.destroyed || !this.#session.closed || unsentBytes(this.#socket) > 0) return false;
    if (sent === before) return true;
    this.#sentBefore = sent;
    this.#session.goaway();
    return false;
  }
}
