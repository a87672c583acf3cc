/**
 * What node's parser lets through in a response and a proxy must not pass on: its head is read again by the parser of the
 * native engine, so that both engines take the same backends for broken. Does not check what node's parser refuses by
 * itself.
 */
import type { HeadTables } from '../http1/scratch.js';
import { UPGRADE } from '../http1/wire/connection.js';
import { expectResponse, parseResponseHead, type ResponseHead } from '../http1/wire/response-head.js';
import { joinedField } from '../routing/headers.js';
import { headText } from './head-text.js';

export interface ResponseFacts {
  readonly httpVersion: string;
  readonly statusCode?: number | undefined;
  readonly statusMessage?: string | undefined;
  readonly rawHeaders: readonly string[];
}

/** What it answers. */
export interface Asked {
  readonly method: string;
  /** The protocol that was asked for in place of HTTP, or `null`. */
  readonly upgrade: string | null;
}

/**
 * The head, valid until the tables are used again; `null`: it can be read in more ways than one, or turns the connection to something
 * else than what was asked for.
 */
export function readResponse(tables: HeadTables, facts: ResponseFacts, asked: Asked): ResponseHead | null {
  const { httpVersion, statusCode = 0, statusMessage = '', rawHeaders } = facts;
  const { upgrade } = asked;
  const text = headText(`HTTP/${httpVersion} ${statusCode} ${statusMessage}`, rawHeaders);
  const isWebSocket = upgrade?.toLowerCase() === 'websocket';
  const kind = upgrade === null ? UPGRADE.none : isWebSocket ? UPGRADE.websocket : UPGRADE.other;
  expectResponse(tables.response, asked.method, kind);
  if (parseResponseHead(tables.response, Buffer.from(text, 'latin1'), 0, text) !== null) return null;
  const isAgreed = joinedField(rawHeaders, 'upgrade')?.toLowerCase() === upgrade?.toLowerCase();
  return statusCode !== 101 || isAgreed ? tables.response : null;
}
