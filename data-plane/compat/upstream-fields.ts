/** The header fields of one attempt: the rules of `routing/headers`, and what this engine says for itself. */
import { requestFields } from '../routing/headers.js';
import type { BackendEntry } from '../routing/routing-table.js';
import type { Message } from './errand.js';

/** @param cookieNames names of the sticky cookie, which backends do not see */
export function upstreamFields(
  raw: readonly string[],
  { client, host, chunked, awaitsContinue, upgrade, requestId }: Message,
  backend: BackendEntry,
  cookieNames: readonly string[],
): string[] {
  const own: string[] = [];
  // Expect goes to the backend when the client waits for its word, in our spelling, and in no other case.
  const replaced = ['expect'];
  if (awaitsContinue) own.push('Expect', '100-continue');
  if (chunked) own.push('Transfer-Encoding', 'chunked');
  // Node throws where trailers are announced that cannot come: only chunks have them (RFC 9112 §7.1.2).
  else replaced.push('trailer');
  if (upgrade !== null) own.push('Connection', 'Upgrade', 'Upgrade', upgrade);
  if (requestId !== null) {
    replaced.push('x-request-id');
    own.push('X-Request-ID', requestId);
  }
  return requestFields(without(raw, replaced), { client, cookieNames, host: hostFor(host, backend), own });
}

/** The host of an absolute target counts, whatever Host says (RFC 9112 §3.2.2); HTTP/1.1 requires one (§3.2). */
function hostFor(host: Message['host'], backend: BackendEntry): string | null {
  switch (host.kind) {
    case 'own':
      return null;
    case 'none':
      return backend.authority;
    case 'other':
      return host.authority;
  }
}

function without(raw: readonly string[], names: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    if (!names.some((other) => other.length === name.length && other === name.toLowerCase())) {
      kept.push(name, raw[i + 1] ?? '');
    }
  }
  return kept;
}
