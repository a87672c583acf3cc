/**
 * Derives keys from the secret that all hosts share, so that each host accepts the cookies and TLS tickets of every other
 * host. The derivation is HKDF (RFC 5869).
 */
import { createHash, hkdfSync } from 'node:crypto';
import type { SessionSigningKey } from '#shared/message.js';

/** Purposes in the derivation. Because of them, one key reveals nothing about another. */
const FOR_COOKIES = 'tidegate session cookies 1';
const FOR_TICKETS = 'tidegate tls tickets 1';

const SIGNING_KEY_BYTES = 32;
/** Length of the name of a signing key in cookies, in bytes before base64url. */
export const KID_BYTES = 3;
/** Length of the keys of TLS session tickets, as Node expects them: 48 bytes. */
export const TICKET_KEY_BYTES = 48;
/**
 * How long a ticket key is used, in milliseconds. A stolen ticket key decrypts what was sent during its period, so the
 * period is short. Clients rarely resume a session after more than half a day.
 */
const TICKET_PERIOD_MS = 12 * 3_600_000;

/**
 * The key that signs session cookies. Its name is its hash, so a host with another secret does not even try to verify with
 * it.
 */
export function sharedSigningKey(secret: string): SessionSigningKey {
  const key = derived(secret, FOR_COOKIES, SIGNING_KEY_BYTES);
  const kid = createHash('sha256').update(key).digest().subarray(0, KID_BYTES).toString('base64url');
  return { kid, secret: key };
}

/**
 * The keys of TLS session tickets at the time `at`, and the time `until` at which the next keys replace them. Both are
 * milliseconds since 1970.
 */
export function sharedTicketKeys(
  secret: string,
  at: number,
): { readonly keys: Uint8Array; readonly until: number } {
  const period = Math.floor(at / TICKET_PERIOD_MS);
  return {
    keys: derived(secret, `${FOR_TICKETS} ${period}`, TICKET_KEY_BYTES),
    until: (period + 1) * TICKET_PERIOD_MS,
  };
}

function derived(secret: string, purpose: string, bytes: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', purpose, bytes));
}
