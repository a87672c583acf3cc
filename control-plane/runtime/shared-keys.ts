/** Keys that all hosts make from the secret that they share, so that each takes the cookies and TLS tickets of every other. */
import { createHash, hkdfSync } from 'node:crypto';
import type { SessionSigningKey } from '#shared/message.js';

/** Names of what the keys are for: no key can be told from another. */
const FOR_COOKIES = 'tidegate session cookies 1';
const FOR_TICKETS = 'tidegate tls tickets 1';

const SIGNING_KEY_BYTES = 32;
/** Length of a signing key's name in cookies, in bytes before base64url. */
export const KID_BYTES = 3;
/** Keys of TLS session tickets, as Node takes them. */
export const TICKET_KEY_BYTES = 48;
/** Whoever gets hold of a ticket key can read what was sent in its time. Half a day is what a resumed session is worth. */
const TICKET_PERIOD_MS = 12 * 3_600_000;

/** The key that signs session cookies. Its name is its hash, so hosts with another secret do not even try it. */
export function sharedSigningKey(secret: string): SessionSigningKey {
  const key = derived(secret, FOR_COOKIES, SIGNING_KEY_BYTES);
  const kid = createHash('sha256').update(key).digest().subarray(0, KID_BYTES).toString('base64url');
  return { kid, secret: key };
}

/** The keys of TLS session tickets at a time (milliseconds since 1970), and when others take their place. */
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
