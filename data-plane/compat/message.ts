/** What a request sends with each of its attempts, from its head. */
import { chooserFor } from '../chooser.js';
import type { ForwarderDeps } from '../forwarder.js';
import { authorityOf, joinedValues, protocolAskedFor } from '../http1/request-facts.js';
import { hasHost } from '../http1/upstream-head.js';
import { FIELD } from '../http1/wire/fields.js';
import { forwardedTarget, type RequestHead } from '../http1/wire/request-head.js';
import { TARGET_FORM } from '../http1/wire/target.js';
import type { RequestAccount } from '../request-account.js';
import type { Client } from '../routing/client-address.js';
import type { PoolTable } from '../routing/routing-table.js';
import type { Arrival } from './arrival.js';
import type { Message } from './errand.js';

export interface MessageFacts {
  readonly context: ForwarderDeps;
  readonly pool: PoolTable;
  readonly client: Client;
  readonly account: RequestAccount;
  readonly requestId: string | null;
}

export function messageOf(
  { upgrade, expectsContinue }: Arrival,
  head: RequestHead,
  { context, pool, client, account, requestId }: MessageFacts,
): Message {
  return {
    client,
    target: forwardedTarget(head),
    host: hostOf(head),
    chunked: head.chunked,
    awaitsContinue: expectsContinue && head.expectContinue,
    upgrade: upgrade === null ? null : protocolAskedFor(head),
    requestId,
    // RFC 6265 allows one Cookie field only, but HTTP/2 splits it.
    chooser: chooserFor(context, pool, { client, account, cookie: joinedValues(head, FIELD.cookie, '; ') }),
  };
}

function hostOf(head: RequestHead): Message['host'] {
  if (head.targetForm === TARGET_FORM.absolute) return { kind: 'other', authority: authorityOf(head) ?? '' };
  return { kind: hasHost(head) ? 'own' : 'none' };
}
