/**
 * One line per request, for the share of requests that the settings ask for. Costs one comparison when it is off. Lines that
 * no process reads are dropped and counted: a full pipe never holds traffic.
 */
import { createWriteStream, fstatSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { Random } from '#shared/ports.js';
import { accessLineFor, type AccessFormat } from './access-line.js';
import type { AccessRecord } from './access-record.js';

export interface AccessLog {
  /** Whether the request that comes now is to be written. */
  samples(ratio: number): boolean;
  write(record: AccessRecord): void;
  /** Writes what waits, for as long as that may take at most. */
  close(limitMs: number): Promise<void>;
}

/** Characters of lines that may wait to be read; beyond that, lines are dropped. */
export const MAX_WAITING_LOG_BYTES = 1_048_576;
/** Lines are written in blocks of about this many characters… */
const BLOCK_BYTES = 4_096;
/** …or after this time. */
const FLUSH_INTERVAL_MS = 250;

interface AccessLogOptions {
  readonly random: Random;
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number;
  readonly format: AccessFormat;
  readonly dropped: () => void;
}

/** @param output not waited for, so a reader that stopped costs lines and not requests */
export function openAccessLog(
  { random, now, format, dropped }: AccessLogOptions,
  output: Writable = standardOutput(),
): AccessLog {
  let block = '';
  // The reader is gone; the lines are lost, the traffic is not.
  output.on('error', dropped);
  const flush = (): void => {
    if (block !== '') output.write(block);
    block = '';
  };
  const write = (line: string): void => {
    if (output.writableLength + block.length > MAX_WAITING_LOG_BYTES) {
      dropped();
      return;
    }
    block += line;
    if (block.length >= BLOCK_BYTES) flush();
  };
  const timer = setInterval(flush, FLUSH_INTERVAL_MS).unref();
  const lineOf = accessLineFor(format);
  return {
    samples: (ratio) => ratio > 0 && (ratio >= 1 || random() < ratio),
    write: (record) => write(lineOf(record, now())),
    close: (limitMs) =>
      new Promise((resolve) => {
        clearInterval(timer);
        flush();
        const limit = setTimeout(resolve, limitMs);
        output.write('', () => {
          clearTimeout(limit);
          resolve();
        });
      }),
  };
}

/**
 * Node's own stream does not wait for the reader of a pipe, but it does wait for a disk. A thread that waits for a reader
 * instead (as where a block is written to the descriptor) would hold up the end of the process.
 */
function standardOutput(): Writable {
  const descriptor = process.stdout.fd;
  return fstatSync(descriptor).isFile()
    ? createWriteStream('', { fd: descriptor, autoClose: false })
    : process.stdout;
}
