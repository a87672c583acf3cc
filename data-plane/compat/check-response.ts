/**
 * What node's parser lets through in a response head and a proxy must not pass on: the same rules as the native engine's
 * (`http1/wire/response-head`). Pure. RFC 9112 §2.3 (version), §6.1 (codings); RFC 9110 §7.8 (switches). Does not check
 * what the parser refuses by itself.
 */

export interface ResponseFacts {
  readonly httpVersion: string;
  readonly statusCode?: number | undefined;
  readonly statusMessage?: string | undefined;
  readonly rawHeaders: readonly string[];
}

/** A reason phrase (RFC 9112 §4): anything else could end the status line early or reach a terminal. */
const REASON = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Whether the head can be read in one way only. @param headerCount most fields that a message may have */
export function isPlainResponse(facts: ResponseFacts, headerCount: number): boolean {
  const { httpVersion, statusCode = 0, statusMessage = '', rawHeaders } = facts;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return false;
  if (statusCode > 599 || !REASON.test(statusMessage)) return false;
  // Node drops silently what is beyond its own limit, which is one above ours.
  if (rawHeaders.length / 2 > headerCount) return false;
  const codings = valuesOf(rawHeaders, 'transfer-encoding');
  if (codings.length === 0) return true;
  // A body in a coding that we take no part in would reach the client without the name of it.
  const chunked = codings.length === 1 && codings[0]?.toLowerCase() === 'chunked';
  return chunked && httpVersion === '1.1' && statusCode >= 200 && statusCode !== 204;
}

/** Whether a 101 turns to the protocol that was asked for, and to no other. */
export function isSwitchTo(rawHeaders: readonly string[], asked: string): boolean {
  const [protocol, ...more] = valuesOf(rawHeaders, 'upgrade');
  return protocol?.toLowerCase() === asked.toLowerCase() && more.length === 0;
}

function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const other = rawHeaders[i] ?? '';
    if (other.length === name.length && other.toLowerCase() === name) values.push(rawHeaders[i + 1] ?? '');
  }
  return values;
}
