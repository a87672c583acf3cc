/**
 * The name under which a request is found in the logs of all who served it. Only made while the access log is on; otherwise
 * what clients send in the field is passed on like any other.
 */
import { randomUUID } from 'node:crypto';
import { joinedField } from '../routing/headers.js';
import type { Exchange } from './exchange.js';

export const REQUEST_ID = 'x-request-id';
/** Longer names are not taken over. */
const MAX_LENGTH = 128;

/** Keeps the name that a trusted proxy gave, else makes one. */
export function nameRequest(exchange: Exchange, trustedPeer: boolean): void {
  const given = trustedPeer ? joinedField(exchange.arrival.request.rawHeaders, REQUEST_ID) : null;
  exchange.namedByUs = given === null || given === '' || given.length > MAX_LENGTH;
  exchange.requestId = exchange.namedByUs || given === null ? randomUUID() : given;
}
