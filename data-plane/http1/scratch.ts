/**
 * What all connections of a worker share for the moment of parsing one head: tables that are filled, used at once and filled
 * again. One set per worker instead of per connection keeps an idle connection small. Follows the limits in force.
 */
import { Buffer } from 'node:buffer';
import type { LimitSettings } from '#shared/settings.js';
import { createHeadEdits, type HeadEdits } from './wire/head-edits.js';
import type { HeadLimits } from './wire/limits.js';
import { createRequestHead, type RequestHead } from './wire/request-head.js';
import { createResponseHead, type ResponseHead } from './wire/response-head.js';
import { createSegments, type Segments } from './wire/segments.js';

export interface HeadTables {
  readonly limits: HeadLimits;
  readonly request: RequestHead;
  readonly response: ResponseHead;
  readonly edits: HeadEdits;
}

export class Scratch {
  /** Of the body bytes just read. */
  readonly segments: Segments = createSegments();
  #tables: HeadTables | null = null;

  /** Valid until the next call. */
  tables(limits: LimitSettings): HeadTables {
    const present = this.#tables?.limits;
    if (
      this.#tables === null ||
      present?.headBytes !== limits.headBytes ||
      present.headerCount !== limits.headerCount ||
      present.targetBytes !== limits.targetBytes
    ) {
      this.#tables = headTables(limits);
    }
    return this.#tables;
  }
}

function headTables({ headBytes, headerCount, targetBytes }: HeadLimits): HeadTables {
  const limits = { headBytes, headerCount, targetBytes };
  return {
    limits,
    request: createRequestHead(limits),
    response: createResponseHead(limits),
    edits: createHeadEdits(headerCount),
  };
}

/** What `buffer.toString('latin1')` comes down to: in Node's types it is missing. */
interface Latin1Sliced {
  readonly latin1Slice: (this: Uint8Array, from: number, to: number) => string;
}

const { latin1Slice }: Latin1Sliced = Object(Buffer.prototype);

/**
 * Bytes as latin1 text, one character each. Straight to what is behind `toString`, which looks up the encoding first: three
 * times per request, 1 % of a small one.
 */
export function latin1(bytes: Uint8Array, from: number, to: number): string {
  return latin1Slice.call(bytes, from, to);
}
