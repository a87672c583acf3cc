/** How the backend of each attempt is chosen: by session cookie, by client address, or by the algorithm alone. */
import type { ForwarderContext } from './forwarder.js';
import type { PoolSeries } from './reports/request-series.js';
import type { Client } from './routing/client-address.js';
import { pick, type Pick } from './routing/pick.js';
import type { BackendEntry, PoolTable } from './routing/routing-table.js';
import { pickByAddress } from './routing/sticky.js';
import { StickyFlow } from './sessions/sticky-flow.js';

export interface Chooser {
  /** The backend for the next attempt; `null`: there is none. To be called before the first attempt and after each failed one. */
  next(pool: PoolTable, tried: readonly BackendEntry[]): Pick | null | Promise<Pick | null>;
  /** The `Set-Cookie` value for a response of this backend, or `null`. */
  setCookie(pool: PoolTable, backend: BackendEntry): string | null;
}

export interface ChooserFacts {
  readonly client: Client;
  /** The value of Cookie; several fields are one, joined by `; `. */
  readonly cookie: string | null;
  readonly series: PoolSeries;
}

/** `null`: by the algorithm alone. */
export function chooserFor(context: ForwarderContext, pool: PoolTable, facts: ChooserFacts): Chooser | null {
  const { sticky } = pool;
  if (sticky === null) return null;
  if (sticky.type === 'ip') {
    return {
      next: (now, tried) =>
        pickByAddress(now, sticky, facts.client.address, tried) ?? pick(now, tried, context.random),
      setCookie: () => null,
    };
  }
  const flow = new StickyFlow(
    {
      sessions: context.sessions,
      cookies: context.cookies,
      clock: context.clock,
      random: context.random,
      giveBack: ({ backend, permit }) => {
        if (permit !== null) context.outcomes.permitReturned(backend, permit);
      },
      counted: (result) => context.series.counters.add(facts.series.sticky.get(result), 1),
    },
    { settings: sticky, secure: facts.client.secure, cookieHeader: facts.cookie },
  );
  return {
    next: (now, tried) => flow.choose(now, tried),
    setCookie: (now, backend) => flow.setCookie(now, backend),
  };
}
