import { routeRequest, type RoutingTable } from '../../../../data-plane/routing/routing-table.js';
import type { ForwardingSettings, Route } from '../../../../shared/settings.js';
import { FORWARDING, aPool, aRoute, aSnapshot, poolOf, tableOf } from '../../../support/routing-fixture.js';

type Own = Pick<Route, 'timeouts' | 'retry'>;

function tableWith(pool: Own, ...routes: readonly (Own & { readonly at: string })[]): RoutingTable {
  const all = routes.map(({ at, ...own }) => ({ ...aRoute(null, at, 'default'), ...own }));
  return tableOf(aSnapshot([aPool([], pool)], { routes: all }));
}

function settingsAt(table: RoutingTable, path: string): ForwardingSettings {
  const target = routeRequest(table, null, path);
  if (typeof target === 'string') throw new Error(target);
  return target.forwarding;
}

describe('the settings of a request', () => {
  it('are those of its route over those of its pool over those of the file, each by itself', () => {
    const table = tableWith(
      { timeouts: { responseHeadMs: 2, connectMs: 2 }, retry: { attempts: 2, onStale: false } },
      { at: '/', timeouts: { responseIdleMs: 3 } },
      { at: '/slow', timeouts: { responseHeadMs: 3 }, retry: { attempts: 1, perTryTimeoutMs: 3 } },
    );
    const { timeouts, retry } = FORWARDING;
    expect(settingsAt(table, '/')).toEqual({
      ...FORWARDING,
      timeouts: { ...timeouts, responseHeadMs: 2, connectMs: 2, responseIdleMs: 3 },
      retry: { ...retry, attempts: 2, onStale: false },
    });
    expect(settingsAt(table, '/slow/report')).toEqual({
      ...FORWARDING,
      timeouts: { ...timeouts, responseHeadMs: 3, connectMs: 2 },
      retry: { ...retry, attempts: 1, onStale: false, perTryTimeoutMs: 3 },
    });
    expect(poolOf(table).forwarding.timeouts).toEqual({ ...timeouts, responseHeadMs: 2, connectMs: 2 });
    expect(table.forwarding).toBe(FORWARDING);
  });

  it('are the very same objects wherever nothing is said', () => {
    expect(settingsAt(tableWith({}, { at: '/' }), '/')).toBe(FORWARDING);
    const table = tableWith(
      { timeouts: { connectMs: 5 } },
      { at: '/' },
      { at: '/x', retry: { attempts: 1 } },
    );
    expect(settingsAt(table, '/')).toBe(poolOf(table).forwarding);
    expect(settingsAt(table, '/').retry).toBe(FORWARDING.retry);
    expect(settingsAt(table, '/x').limits).toBe(FORWARDING.limits);
  });
});

describe('the longest silence on a connection', () => {
  const { connectMs, keepAliveMs, requestBodyIdleMs, responseHeadMs, responseIdleMs } = FORWARDING.timeouts;
  const { attempts } = FORWARDING.retry;
  const inTheQueueMs = poolOf(tableWith({})).queue.settings.timeoutMs;
  const ofTheFile =
    keepAliveMs + requestBodyIdleMs + attempts * (connectMs + responseHeadMs) + responseIdleMs;

  it('is that of the file and of the queue where no route waits longer', () => {
    expect(tableWith({}).silenceMs).toBe(ofTheFile);
    expect(tableWith({}, { at: '/' }).silenceMs).toBe(ofTheFile + inTheQueueMs);
    expect(tableWith({ timeouts: { responseIdleMs: 1 } }, { at: '/' }).silenceMs).toBeGreaterThanOrEqual(
      ofTheFile,
    );
  });

  it('is longer by the time that a request may wait in the queue of its pool', () => {
    const queue = { maxPending: 10, timeoutMs: 3_600_000 };
    const table = tableOf(aSnapshot([aPool([], { queue })], { routes: [aRoute(null, '/', 'default')] }));
    expect(table.silenceMs).toBe(ofTheFile + 3_600_000);
  });

  it('is that of the route that waits longest', () => {
    const table = tableWith(
      { timeouts: { responseIdleMs: responseIdleMs + 7 } },
      { at: '/' },
      { at: '/poll', timeouts: { responseHeadMs: responseHeadMs + 100_000 } },
      { at: '/quick', timeouts: { responseHeadMs: 1 } },
    );
    expect(table.silenceMs).toBe(ofTheFile + inTheQueueMs + 7 + attempts * 100_000);
  });
});
