/**
 * An upgraded connection: bytes both ways, each side's end passed on by itself, cut when it was silent for too long.
 * Does not look at the bytes.
 */
import type { Duplex } from 'node:stream';
import { cutSocket } from '../cut-socket.js';
import { guarded } from '../guarded.js';
import { pipeInto } from './pipe.js';

export interface TunnelOrder {
  readonly client: Duplex;
  /** What the client sent after the request head. Never sent before the backend agreed to the upgrade. */
  readonly clientHead: Buffer;
  readonly backend: Duplex;
  /** What the backend sent after the response head. */
  readonly backendHead: Buffer;
  /** Longest silence of both. */
  readonly idleMs: number;
  onBytes(direction: 'received' | 'sent', count: number): void;
  /** Told of an exception where none should be. Both sides are to be cut. */
  onBug(error: unknown): void;
}

/** Settles when both sides are closed. */
export function runTunnel(order: TunnelOrder): Promise<void> {
  const { client, backend } = order;
  return new Promise((resolve) => {
    let open = 2;
    const cut = (): void => {
      cutSocket(client);
      cutSocket(backend);
    };
    const lost = (error: unknown): void => {
      cut();
      order.onBug(error);
    };
    const timer = setTimeout(guarded(lost, cut), order.idleMs);
    const closed = (other: Duplex) =>
      guarded(lost, () => {
        open -= 1;
        // What was read before the end is still being written by the pipe; only a broken side breaks the other.
        if (!other.writableEnded) cutSocket(other);
        if (open > 0) return;
        clearTimeout(timer);
        resolve();
      });
    client.on('error', () => cutSocket(backend));
    backend.on('error', () => cutSocket(client));
    client.on('close', closed(backend));
    backend.on('close', closed(client));
    // Each side may end its half while the other goes on.
    client.allowHalfOpen = true;
    backend.allowHalfOpen = true;
    // Before anybody listens: what is put back into a flowing stream goes to the listeners that are there already.
    if (order.clientHead.length > 0) client.unshift(order.clientHead);
    if (order.backendHead.length > 0) backend.unshift(order.backendHead);
    pipeInto(client, backend, lost, { end: true });
    pipeInto(backend, client, lost, { end: true });
    client.on(
      'data',
      guarded(lost, (chunk: Buffer) => {
        order.onBytes('received', chunk.length);
        timer.refresh();
      }),
    );
    backend.on(
      'data',
      guarded(lost, (chunk: Buffer) => {
        order.onBytes('sent', chunk.length);
        timer.refresh();
      }),
    );
    if (client.destroyed) backend.destroy();
    if (backend.destroyed) client.destroy();
  });
}
