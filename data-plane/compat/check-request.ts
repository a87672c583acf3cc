/**
 * What node's parser lets through and a proxy must not: the head that node has read is read again by the parser of the native
 * engine, so that both engines refuse the same, with the same answer. What node's parser has refused by itself is in
 * `parse-error.ts`. Does not check routes.
 */
import type { ErrorCode } from '#shared/error-code.js';
import type { HeadTables } from '../http1/scratch.js';
import { REFUSALS } from '../http1/wire/refusal.js';
import { parseRequestHead, type RequestHead } from '../http1/wire/request-head.js';
import type { Arrival } from './arrival.js';
import { headText } from './head-text.js';

/** The part of a request that is read. */
export interface RequestFacts {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
}

/** As `checkRequest`, for requests of HTTP/2 too, which come in the shape of HTTP/1.1. */
export function checkArrival(
  tables: HeadTables,
  { request, refusal, shared }: Arrival,
): RequestHead | ErrorCode {
  // What HTTP/2 refuses may have no target to look at.
  if (refusal !== undefined) return refusal;
  if (shared === undefined) return checkRequest(tables, request);
  const { method, url, rawHeaders } = request;
  return checkRequest(tables, { method, url, httpVersion: '1.1', rawHeaders });
}

/** The head, valid until the tables are used again; or why the request is not served. */
export function checkRequest(tables: HeadTables, facts: RequestFacts): RequestHead | ErrorCode {
  const { method = '', url = '', httpVersion, rawHeaders } = facts;
  // Node says 0.9 where there was no version at all, too. That form of request has no fields.
  const version = httpVersion === '0.9' && rawHeaders.length === 0 ? '' : ` HTTP/${httpVersion}`;
  const text = headText(`${method} ${url}${version}`, rawHeaders);
  const reason = parseRequestHead(tables.request, Buffer.from(text, 'latin1'), 0, text);
  return reason === null ? tables.request : REFUSALS[reason].code;
}
