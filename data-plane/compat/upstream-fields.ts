/** The header fields of one attempt: the rules of `routing/headers`, and what this engine says for itself. */
import { joinedField, requestFields } from '../routing/headers.js';
import type { Errand } from './errand.js';
import { REQUEST_ID } from './request-id.js';

/** @param cookieNames names of the sticky cookie, which backends do not see */
export function upstreamFields(errand: Errand, cookieNames: readonly string[]): string[] {
  const { exchange, checked, client } = errand;
  const { request, expectsContinue, upgrade } = exchange.arrival;
  const raw = request.rawHeaders;
  const own: string[] = [];
  const replaced: string[] = [];
  if (checked.chunked) own.push('Transfer-Encoding', 'chunked');
  if (upgrade !== null) own.push('Connection', 'Upgrade', 'Upgrade', joinedField(raw, 'upgrade') ?? '');
  // Expect goes to the backend when the client waits for its word, and in no other case.
  if (!expectsContinue || !checked.hasBody) replaced.push('expect');
  if (exchange.namedByUs) {
    replaced.push(REQUEST_ID);
    own.push('X-Request-ID', exchange.requestId);
  }
  return requestFields(without(raw, replaced), { client, cookieNames, host: null, own });
}

function without(raw: readonly string[], names: readonly string[]): readonly string[] {
  if (names.length === 0) return raw;
  const kept: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    if (!names.some((other) => other.length === name.length && other === name.toLowerCase())) {
      kept.push(name, raw[i + 1] ?? '');
    }
  }
  return kept;
}
