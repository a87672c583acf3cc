import { mergeConfig } from '../../../../control-plane/domain/config-merge.js';
import { initialState } from '../../../../control-plane/domain/state.js';
import { backendId, poolId } from '../../../../shared/ids.js';
import type { ConfigDocument } from '../../../../shared/settings.js';
import {
  breaker,
  definition,
  documentOf,
  forwarding,
  healthCheck,
  POOL,
  poolSettings,
  storyOf,
  typesOf,
} from '../../../support/domain.js';

const PLAIN = poolSettings();
const A = definition('a', { weight: 1 });
const B = definition('b', { weight: 2 });
const moved = (id: string) =>
  definition(id, { address: { protocol: 'https', host: 'elsewhere.test', port: 8443 } });

function change(weight: number, backend = 'a') {
  return {
    type: 'ChangeBackend',
    pool: POOL,
    backend: backendId(backend),
    changes: { weight },
    expectedVersion: null,
  } as const;
}

describe('the three-way merge of configurations', () => {
  it('takes all of the first file', () => {
    expect(mergeConfig(documentOf(PLAIN, [A]), initialState()).map((one) => one.kind)).toEqual([
      'change-forwarding',
      'add-pool',
      'add-backend',
      'change-routes',
    ]);
  });

  it('keeps a weight set through the API when the file does not touch it', () => {
    const told = storyOf(documentOf(PLAIN, [A, B]));
    told.when(change(7));
    const events = told.apply(documentOf(PLAIN, [A, definition('b', { weight: 5 })]));
    expect(typesOf(events)).toEqual(['ConfigApplied', 'BackendSettingsChanged']);
    expect(told.backend('a').weight).toBe(7);
    expect(told.backend('b').weight).toBe(5);
  });

  it('merges the connection limits of backend and pool, and the queue, like any setting', () => {
    const queue = { maxPending: 3, timeoutMs: 100 };
    const limited = poolSettings({ maxConnections: 8, queue });
    const told = storyOf(documentOf(limited, [A, { ...B, maxConnections: 4 }]));
    expect(told.backend('b').maxConnections).toBe(4);
    const limit = { type: 'ChangeBackend', pool: POOL, expectedVersion: null } as const;
    told.when({ ...limit, backend: backendId('a'), changes: { maxConnections: 7 } });
    told.when({ type: 'ChangePool', pool: POOL, settings: poolSettings({ queue }), expectedVersion: null });
    const events = told.apply(documentOf(poolSettings({ maxConnections: 8 }), [A, B]));
    expect(typesOf(events)).toEqual(['ConfigApplied', 'PoolSettingsChanged', 'BackendSettingsChanged']);
    expect(told.backend('a').maxConnections).toBe(7);
    expect(told.backend('b')).not.toHaveProperty('maxConnections');
    expect(told.pool().settings).toEqual(poolSettings());
  });

  it('keeps the limit of a backend that gets another address', () => {
    const told = storyOf(documentOf(PLAIN, [A]));
    const limit = { type: 'ChangeBackend', pool: POOL, backend: A.id, expectedVersion: null } as const;
    told.when({ ...limit, changes: { maxConnections: 7 } });
    const address = { protocol: 'http', host: 'elsewhere.test', port: 80 } as const;
    told.apply(documentOf(PLAIN, [definition('a', { address })]));
    expect(told.backend('a')).toMatchObject({ address, maxConnections: 7 });
  });

  it('lets the file win where it changed', () => {
    const told = storyOf(documentOf(PLAIN, [A]));
    told.when(change(7));
    told.apply(documentOf(PLAIN, [definition('a', { weight: 3 })]));
    expect(told.backend('a').weight).toBe(3);
  });

  it('merges each pool setting by itself', () => {
    const told = storyOf(documentOf(poolSettings({ breaker: breaker() }), [A]));
    const live = poolSettings({ algorithm: 'random', breaker: null });
    told.when({ type: 'ChangePool', pool: POOL, settings: live, expectedVersion: null });
    told.apply(documentOf(poolSettings({ breaker: breaker(), healthCheck: healthCheck() }), [A]));
    expect(told.pool().settings).toEqual(poolSettings({ algorithm: 'random', healthCheck: healthCheck() }));
  });

  it('adds, removes, and leaves alone what came by the API', () => {
    const told = storyOf(documentOf(PLAIN, [A, B]));
    const added = {
      type: 'AddBackend',
      pool: POOL,
      backend: definition('x'),
      expectedVersion: null,
    } as const;
    told.when(added);
    told.apply(documentOf(PLAIN, [B, definition('c')]));
    expect([...told.pool().backends.keys()]).toEqual(['b', 'x', 'c']);
    expect(told.backend('x').origin).toBe('api');
    expect(told.backend('c').origin).toBe('file');
  });

  it('adopts a backend that the API had added, with the values of the file', () => {
    const told = storyOf(documentOf(PLAIN, [A]));
    told.when({
      type: 'AddBackend',
      pool: POOL,
      backend: definition('x', { weight: 9 }),
      expectedVersion: null,
    });
    const { generation } = told.backend('x');
    const events = told.apply(documentOf(PLAIN, [A, definition('x', { weight: 4 })]));
    expect(typesOf(events)).toEqual(['ConfigApplied', 'BackendOriginChanged', 'BackendSettingsChanged']);
    expect(told.backend('x')).toMatchObject({ origin: 'file', weight: 4, generation });
  });

  it('replaces a backend whose address changed, keeping live weight and admin state', () => {
    const told = storyOf(documentOf(PLAIN, [A]));
    const { generation } = told.backend('a');
    told.when({ ...change(7), admin: 'maintenance' });
    const events = told.apply(documentOf(PLAIN, [moved('a')]));
    expect(typesOf(events)).toEqual(['ConfigApplied', 'BackendRemoved', 'BackendAdded', 'AdminStateChanged']);
    expect(told.backend('a')).toMatchObject({ weight: 7, admin: 'maintenance', address: { port: 8443 } });
    expect(told.backend('a').generation).toBeGreaterThan(generation);
  });

  it('leaves a backend removed through the API removed, until the file says something new of it', () => {
    const told = storyOf(documentOf(PLAIN, [A, B]));
    told.when({ type: 'RemoveBackend', pool: POOL, backend: backendId('a'), expectedVersion: null });
    told.apply(documentOf(PLAIN, [A, definition('b', { weight: 8 })]));
    expect([...told.pool().backends.keys()]).toEqual(['b']);
    told.apply(documentOf(PLAIN, [definition('a', { weight: 3 }), definition('b', { weight: 8 })]));
    expect(told.backend('a').weight).toBe(3);
  });

  it('does not take away what the API put in the place of a backend of the file', () => {
    const told = storyOf(documentOf(PLAIN, [A, B]));
    told.when({ type: 'RemoveBackend', pool: POOL, backend: backendId('a'), expectedVersion: null });
    told.when({ type: 'AddBackend', pool: POOL, backend: moved('a'), expectedVersion: null });
    told.apply(documentOf(PLAIN, [B]));
    expect(told.backend('a').address.port).toBe(8443);
  });

  it('adds and removes pools whole, and never routes to one that is not there', () => {
    const told = storyOf(documentOf(PLAIN, [A]));
    const other = poolId('other');
    const routes = [{ host: null, pathPrefix: '/', pool: other }];
    const next: ConfigDocument = {
      forwarding: forwarding(),
      pools: [{ id: other, settings: PLAIN, backends: [B] }],
      routes,
    };
    const events = told.apply(next);
    expect(typesOf(events)).toEqual([
      'ConfigApplied',
      'PoolAdded',
      'BackendAdded',
      'RoutesChanged',
      'BackendRemoved',
      'PoolRemoved',
    ]);
    expect([...told.world.state.pools.keys()]).toEqual(['other']);
    expect(new Set(events.slice(1).map((event) => event.cause.event))).toEqual(new Set([events[0]?.seq]));
  });

  it('applies forwarding as a whole', () => {
    const told = storyOf(documentOf(PLAIN, [A]));
    const next = { ...documentOf(PLAIN, [A]), forwarding: forwarding({ metricsPath: null }) };
    expect(typesOf(told.apply(next))).toEqual(['ConfigApplied', 'ForwardingChanged']);
    expect(told.world.state.forwarding?.metricsPath).toBeNull();
  });

  it('treats a pool that only the live state has a base for as new in all its settings', () => {
    const told = storyOf(documentOf(PLAIN, [A]));
    const applied = told.world.state.applied;
    if (applied === null) throw new Error('nothing applied');
    const forgotten = {
      ...told.world.state,
      applied: { ...applied, document: { ...applied.document, pools: [] } },
    };
    const next = documentOf(poolSettings({ algorithm: 'random' }), [definition('a', { weight: 6 })]);
    expect(mergeConfig(next, forgotten)).toEqual([
      { kind: 'change-settings', pool: POOL, settings: poolSettings({ algorithm: 'random' }) },
      { kind: 'change-backend', pool: POOL, backend: 'a', changes: { weight: 6 } },
    ]);
  });
});
