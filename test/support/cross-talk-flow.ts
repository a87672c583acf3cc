/** Moving marked bytes over streams, at the pace that a plan wants. */
import type { Duplex, Readable, Writable } from 'node:stream';
import { markedBytes, type MarkCheck } from './marked-bytes.js';
import type { Pace } from './cross-talk-plan.js';
import { later } from './slow-peer.js';

const STALL_MS = 120;
const SLOW_MS = 2;
/** Bytes that a slow reader takes between its pauses. */
const SLOW_BYTES = 200_000;

/** Writes the bytes from `from` to `to` of the message piece by piece, no faster than they are taken. */
export async function writeMarked(
  stream: Writable,
  name: string,
  { from = 0, to, piece }: { readonly from?: number; readonly to: number; readonly piece: number },
): Promise<void> {
  for (let at = from; at < to; at += piece) {
    const isTaken = stream.write(markedBytes(name, at, Math.min(to, at + piece)));
    if (!isTaken && !stream.destroyed) await drained(stream);
    if (stream.destroyed) return;
  }
}

function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
  });
}

/** Reads to the end, or until the stream is closed. Returns whether there was an end. */
export function readMarked(stream: Readable, check: MarkCheck, pace: Pace): Promise<boolean> {
  let sincePause = 0;
  let hasEnded = false;
  const pause = (ms: number): void => {
    stream.pause();
    later(ms, () => stream.resume());
  };
  stream.on('data', (piece: Buffer) => {
    check.push(piece);
    sincePause += piece.length;
    if (pace === 'fast' || sincePause < SLOW_BYTES) return;
    sincePause = 0;
    pause(SLOW_MS);
  });
  if (pace === 'stalled') pause(STALL_MS);
  else stream.resume();
  return new Promise((resolve) => {
    stream.on('error', () => undefined);
    stream.on('end', () => (hasEnded = true));
    stream.on('close', () => resolve(hasEnded));
  });
}

/** Resolves when so many bytes have come, or none come any more. To be called when `readMarked` has been. */
export function hasRead(stream: Duplex, check: MarkCheck, size: number): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (check.count >= size || stream.destroyed || stream.readableEnded) resolve();
    };
    stream.on('data', look);
    stream.on('end', look);
    stream.on('close', look);
    look();
  });
}
