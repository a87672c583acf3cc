/** Under which name a request is found in the logs, from its head. */
import type { RequestAccount } from '../request-account.js';
import type { Client } from '../routing/client-address.js';
import { authorityOf, joinedValues } from './request-facts.js';
import { FIELD } from './wire/fields.js';
import { forwardedTarget, type RequestHead } from './wire/request-head.js';

/** Only while the access log is on. Returns the id to tell the backend; `null`: it has the one that the client sent. */
export function nameRequest(account: RequestAccount, head: RequestHead, client: Client): string | null {
  const given = client.trustedPeer ? joinedValues(head, FIELD.xRequestId, ', ') : null;
  return account.name(given, client.address, authorityOf(head), forwardedTarget(head));
}
