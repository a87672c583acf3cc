/** Resolves the names of backends for their connections, and records a name that stands for new addresses. */
import { isIP, type LookupFunction } from 'node:net';
import { watchedLookup } from '#shared/platform/watched-lookup.js';
import { ResolvedNames } from '#shared/resolved-names.js';
import type { OutcomeBatch } from './reports/outcome-batch.js';
import type { BackendEntry, RoutingTable } from './routing/routing-table.js';

interface NameLookupDeps {
  /** Resolves a name, as the system does. */
  readonly lookup: LookupFunction;
  readonly outcomes: Pick<OutcomeBatch, 'resolved'>;
  readonly table: () => RoutingTable | null;
  readonly monotonic: () => number;
}

export function nameLookup({ lookup, outcomes, table, monotonic }: NameLookupDeps): LookupFunction {
  const names = new ResolvedNames();
  const named = backendsByName();
  return watchedLookup(lookup, (name, addresses) => {
    const present = table();
    if (present === null) return;
    for (const entry of named(present).get(name) ?? []) {
      // Its load lives as long as its generation.
      const news = names.news(entry.load, addresses, monotonic());
      if (news !== null) outcomes.resolved(entry, news);
    }
  });
}

/** The backends that are given by name; looked for once per table. */
function backendsByName(): (table: RoutingTable) => ReadonlyMap<string, readonly BackendEntry[]> {
  let known: RoutingTable | null = null;
  let named = new Map<string, BackendEntry[]>();
  return (table) => {
    if (known === table) return named;
    known = table;
    named = new Map();
    for (const { backends } of table.pools.values()) {
      for (const entry of backends) {
        const { host } = entry.address;
        if (isIP(host) !== 0) continue;
        const same = named.get(host);
        if (same === undefined) named.set(host, [entry]);
        else same.push(entry);
      }
    }
    return named;
  };
}
