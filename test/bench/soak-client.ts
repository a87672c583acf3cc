/** A client connection of a soak: sends bytes, and hands out answers one by one, each wait with a limit. */
import { type Socket, connect } from 'node:net';
import { ResponseScanner, type ScannedResponse } from '../support/response-scanner.js';

export type Answer =
  | { readonly kind: 'response'; readonly response: ScannedResponse }
  /** The connection ended first; `midway`: within an answer. */
  | { readonly kind: 'closed'; readonly midway: boolean; readonly why: string }
  /** Neither an answer nor an end within the limit. */
  | { readonly kind: 'silent' };

export class SoakClient {
  readonly socket: Socket;
  readonly #scanner = new ResponseScanner({ keepBodies: true });
  readonly #answers: ScannedResponse[] = [];
  readonly #raw: Buffer[] = [];
  #isRaw = false;
  #end: string | null = null;
  #wake: (() => void) | null = null;
  bytes = 0;

  constructor(port: number) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket = socket;
    socket.on('error', (error: NodeJS.ErrnoException) => this.#ended(error.code ?? 'error'));
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('end', () => {
      const last = this.#isRaw ? null : this.#scanner.end();
      if (last !== null) this.#answers.push(last);
      this.#ended('end');
    });
    socket.on('close', () => this.#ended('close'));
  }

  get isClosed(): boolean {
    return this.#end !== null;
  }

  send(data: string | Buffer): void {
    if (!this.socket.destroyed) {
      this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
    }
  }

  /** The next answer belongs to HEAD. */
  expectNoBody(): void {
    this.#scanner.expectNoBody();
  }

  async next(limitMs: number): Promise<Answer> {
    await this.#until(() => this.#answers.length > 0 || this.#end !== null, limitMs);
    const response = this.#answers.shift();
    if (response !== undefined) return { kind: 'response', response };
    if (this.#end === null) return { kind: 'silent' };
    return { kind: 'closed', midway: this.#scanner.midway, why: this.#end };
  }

  /** From now on bytes are not HTTP. Set before the 101 is asked for, read after it. */
  becomeRaw(): void {
    this.#isRaw = true;
  }

  /** Waits for this many bytes since `becomeRaw`, or the end; null when neither came. */
  async raw(count: number, limitMs: number): Promise<Buffer | null> {
    const length = (): number => this.#raw.reduce((sum, { length: one }) => sum + one, 0);
    await this.#until(() => length() >= count || this.#end !== null, limitMs);
    if (length() < count && this.#end === null) return null;
    return Buffer.concat(this.#raw.splice(0));
  }

  /** Whether the connection ended within the limit. */
  async closed(limitMs: number): Promise<boolean> {
    await this.#until(() => this.#end !== null, limitMs);
    return this.#end !== null;
  }

  /** Resolves with the first byte of an answer, or the end. */
  async firstByte(limitMs: number): Promise<void> {
    await this.#until(() => this.bytes > 0 || this.#end !== null, limitMs);
  }

  destroy(): void {
    this.socket.destroy();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  #read(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.#isRaw) this.#raw.push(chunk);
    else {
      try {
        this.#answers.push(...this.#scanner.push(chunk));
      } catch (error) {
        this.#ended(`not HTTP: ${String(error)}`);
        this.socket.destroy();
      }
    }
    this.#wake?.();
  }

  #ended(why: string): void {
    this.#end ??= why;
    this.#wake?.();
  }

  async #until(condition: () => boolean, limitMs: number): Promise<void> {
    const deadline = performance.now() + limitMs;
    while (!condition()) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) break;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, leftMs);
      await promise;
      clearTimeout(timer);
    }
    this.#wake = null;
  }
}
