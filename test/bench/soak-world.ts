/** What every part of a soak's load shares: where it goes, its randomness, and how an answer is judged. */
import { fieldOf } from '../support/response-scanner.js';
import type { BackendKind } from './soak-backend.js';
import type { Answer, SoakClient } from './soak-client.js';
import { bodyOf } from './soak-pattern.js';
import type { SoakTally } from './soak-tally.js';

/** Tidegate's own limits in a soak are a few seconds; what is not answered or ended by then never will be. */
export const ANSWER_LIMIT_MS = 20_000;
/** From our last word to the end of the connection: the engines linger for 2 s. */
export const CLOSE_LIMIT_MS = 8_000;

export interface SoakWorld {
  readonly port: number;
  readonly random: () => number;
  readonly tally: SoakTally;
  isOver(): boolean;
  nextId(): string;
}

export interface Asked {
  readonly id: string;
  readonly kind: BackendKind;
  readonly size: number;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
}

/** One thing that clients do, bounded in time. */
export interface Action {
  readonly name: string;
  /** How many clients do it at a time. */
  readonly clients: number;
  /** Mean pause of each before it does so again, milliseconds. */
  readonly pauseMs: number;
  run(world: SoakWorld, name: string): Promise<void>;
}

export async function pause(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, ms);
  await promise;
}

export function between(random: () => number, min: number, max: number): number {
  return Math.floor(min + random() * (max - min + 1));
}

export function oneOf<Item>(random: () => number, items: readonly [Item, ...Item[]]): Item {
  return items[Math.floor(random() * items.length)] ?? items[0];
}

export function headOf({ id, kind, size, method }: Asked, fields = ''): string {
  return `${method} /soak/${id}/${kind}/${size} HTTP/1.1\r\nhost: soak.test\r\nx-soak-id: ${id}\r\n${fields}\r\n`;
}

/** A whole request with a body of its own, by length or in chunks. */
export function withBody(asked: Asked, length: number, chunks: number): Buffer {
  const body = bodyOf(asked.id, length);
  const told = `x-soak-length: ${length}\r\n`;
  if (chunks === 0) {
    return Buffer.concat([Buffer.from(headOf(asked, `${told}content-length: ${length}\r\n`)), body]);
  }
  const parts: Buffer[] = [Buffer.from(headOf(asked, `${told}transfer-encoding: chunked\r\n`))];
  const step = Math.max(1, Math.ceil(length / chunks));
  for (let from = 0; from < length; from += step) {
    const piece = body.subarray(from, from + step);
    parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

/** Statuses that an answer may have. A broken backend shows as 502, or as a cut where the head had gone. */
function allowed({ kind, method }: Asked): readonly number[] {
  switch (kind) {
    case 'ok':
    case 'chunked':
    case 'late':
    case 'trickle':
    case 'early':
      // A kept connection may end just as it is used. GET goes to another one; POST must not be sent twice, and a large
      // body cannot be.
      return method === 'GET' || method === 'HEAD' ? [200] : [200, 502];
    case 'once':
      return [200, 502];
    case 'reset-before':
    case 'reset-head':
    case 'reset-body':
    case 'cut-chunked':
      return [502];
  }
}

/** Counts the answer and what is wrong with it. Returns whether the connection goes on. */
export function judge(world: SoakWorld, action: string, asked: Asked, answer: Answer): boolean {
  const { tally } = world;
  switch (answer.kind) {
    case 'silent':
      tally.violation(
        action,
        `${asked.method} ${asked.kind} ${asked.id}: no answer in ${ANSWER_LIMIT_MS} ms`,
      );
      return false;
    case 'closed':
      if (breaksBody(asked.kind) && answer.midway) tally.cut(action);
      else {
        const where = answer.midway ? 'within the answer' : 'without an answer';
        tally.violation(
          action,
          `${asked.method} ${asked.kind} ${asked.size} ${asked.id}: ended ${where} (${answer.why})`,
        );
      }
      return false;
    case 'response':
      break;
  }
  const { status, head, body, keepAlive } = answer.response;
  tally.answered(action, status);
  if (!allowed(asked).includes(status)) {
    const code = fieldOf(head, 'x-tidegate-error') ?? '';
    tally.violation(action, `${asked.method} ${asked.kind} ${asked.id}: ${status} ${code}`);
  }
  if (status === 200) {
    const id = fieldOf(head, 'x-soak-id');
    if (id !== asked.id) tally.violation(action, `FOREIGN: asked ${asked.id}, got the answer of ${id}`);
    const length = asked.method === 'HEAD' ? 0 : asked.size;
    if (body.length !== length || !body.equals(bodyOf(asked.id, length))) {
      tally.violation(action, `FOREIGN or cut: body of ${asked.id}, ${body.length} bytes of ${length}`);
    }
  }
  return keepAlive;
}

function breaksBody(kind: BackendKind): boolean {
  return kind === 'reset-body' || kind === 'cut-chunked';
}

/** Tidegate has said its last word on this connection and must end it. */
export async function expectClose(world: SoakWorld, action: string, client: SoakClient): Promise<void> {
  if (!(await client.closed(CLOSE_LIMIT_MS))) {
    world.tally.violation(action, `not closed ${CLOSE_LIMIT_MS} ms after the last word`);
  }
  client.destroy();
}
