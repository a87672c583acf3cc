/** What the parts of a request's life hand on to each other. Types only. */
import type { ForwardingSettings } from '#shared/settings.js';
import type { Client } from '../routing/client-address.js';
import type { Pick } from '../routing/pick.js';
import type { PoolTable } from '../routing/routing-table.js';
import type { CheckedRequest } from './check-request.js';
import type { Chooser } from '../chooser.js';
import type { Exchange } from './exchange.js';
import type { RequestBody } from './request-body.js';

/** Everything about a request that stays the same over its attempts. */
export interface Errand {
  readonly exchange: Exchange;
  readonly checked: CheckedRequest;
  readonly client: Client;
  readonly settings: ForwardingSettings;
  readonly body: RequestBody;
  readonly chooser: Chooser;
}

/** Where an attempt goes, and the pool as it was when that was chosen. */
export interface Choice {
  readonly pool: PoolTable;
  readonly chosen: Pick;
  /** Whether a further attempt could follow if this one took too long. */
  readonly elsewhere: () => boolean;
}
