/** How the backend of each attempt is chosen: by session cookie, by client address, or by the algorithm alone. */
import type { ForwarderDeps } from './forwarder.js';
import type { PickResult } from './slot-wait.js';
import type { Client } from './routing/client-address.js';
import { attemptStarted } from './routing/pick.js';
import type { BackendEntry, PoolTable } from './routing/routing-table.js';
import { pickByAddress, stickyByAddress } from './routing/sticky.js';
import { StickyFlow, type StickyAccount } from './sessions/sticky-flow.js';

export interface Chooser {
  /**
   * A slot for the next attempt, or why there is none. Waits for a slot where that is all that is missing. To be called before the first attempt and after each failed one.
   */
  next(pool: PoolTable, tried: readonly BackendEntry[]): PickResult | Promise<PickResult>;
  /** The `Set-Cookie` value for a response of this backend, or `null`. */
  setCookie(backend: BackendEntry): string | null;
}

interface ChooserOptions {
  readonly client: Client;
  /** The value of Cookie; several fields are one, joined by `; `. */
  readonly cookie: string | null;
  readonly account: StickyAccount;
}

/** `null`: by the algorithm alone. */
export function chooserFor(deps: ForwarderDeps, pool: PoolTable, options: ChooserOptions): Chooser | null {
  const { sticky } = pool;
  const { account, client } = options;
  if (sticky === null) return null;
  if (sticky.type === 'ip') {
    return {
      next: (now, tried) => {
        const chosen = pickByAddress(now, sticky, client.address, tried);
        if (chosen !== null) {
          attemptStarted(chosen.backend);
          return chosen;
        }
        // The backend of the address is full, or there is none.
        const bound = stickyByAddress(now, sticky, client.address, tried)?.id ?? null;
        return account.waitForSlot(now, { tried, bound });
      },
      setCookie: () => null,
    };
  }
  return new StickyFlow(deps, {
    settings: sticky,
    secure: client.secure,
    cookieHeader: options.cookie,
    account,
  });
}
