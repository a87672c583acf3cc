/** The header fields of one attempt: the rules of `routing/headers`, and what this engine says for itself. */
import { requestFields } from '../routing/headers.js';
import type { BackendEntry } from '../routing/routing-table.js';
import type { Arrival } from './arrival.js';
import type { Message } from './errand.js';

/** @param cookieNames names of the sticky cookie, which backends do not see */
export function upstreamFields(
  { request, expectsContinue }: Arrival,
  { checked, client, upgrade, requestId }: Message,
  backend: BackendEntry,
  cookieNames: readonly string[],
): string[] {
  const own: string[] = [];
  const replaced: string[] = [];
  if (checked.chunked) own.push('Transfer-Encoding', 'chunked');
  if (upgrade !== null) own.push('Connection', 'Upgrade', 'Upgrade', upgrade);
  // Expect goes to the backend when the client waits for its word, and in no other case.
  if (!expectsContinue || !checked.hasBody) replaced.push('expect');
  if (requestId !== null) {
    replaced.push('x-request-id');
    own.push('X-Request-ID', requestId);
  }
  // HTTP/1.1 requires one (RFC 9112 §3.2); HTTP/1.0 does not.
  const host = checked.hostField === null ? backend.authority : null;
  return requestFields(without(request.rawHeaders, replaced), { client, cookieNames, host, own });
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
