import type { CommandBody } from '../../../../control-plane/domain/commands.js';
import { backendId, poolId } from '../../../../shared/ids.js';
import {
  definition,
  documentOf,
  POOL,
  poolSettings,
  story,
  storyOf,
  typesOf,
} from '../../../support/domain.js';

const A = backendId('a');
const NOBODY = poolId('nobody');

function arranged() {
  return storyOf(documentOf(poolSettings(), [definition('a'), definition('b')]));
}

function refused(body: CommandBody, told = arranged()) {
  const before = told.world;
  const decision = told.send(body);
  if (decision.kind === 'accepted') throw new Error('it was accepted');
  expect(told.world).toBe(before);
  return decision.rejection;
}

describe('operators', () => {
  it('add a backend, which then comes from the API', () => {
    const told = arranged();
    const events = told.when({
      type: 'AddBackend',
      pool: POOL,
      backend: definition('c'),
      expectedVersion: null,
    });
    expect(typesOf(events)).toEqual(['BackendAdded']);
    expect(told.backend('c')).toMatchObject({ origin: 'api', admin: 'ready', health: 'healthy' });
  });

  it('change weight and admin state in one command, each an event of its own', () => {
    const told = arranged();
    const change = {
      type: 'ChangeBackend',
      pool: POOL,
      backend: A,
      changes: { weight: 0 },
      admin: 'draining',
    } as const;
    expect(typesOf(told.when({ ...change, expectedVersion: null }))).toEqual([
      'BackendSettingsChanged',
      'AdminStateChanged',
    ]);
    expect(told.when({ ...change, expectedVersion: null })).toEqual([]);
    expect(told.when({ type: 'ChangeBackend', pool: POOL, backend: A, expectedVersion: null })).toEqual([]);
  });

  it('change the connection limit, and take it back', () => {
    const told = arranged();
    const change = { type: 'ChangeBackend', pool: POOL, backend: A, expectedVersion: null } as const;
    expect(told.when({ ...change, changes: { maxConnections: 40 } })).toMatchObject([
      {
        type: 'BackendSettingsChanged',
        data: { from: { maxConnections: null }, to: { maxConnections: 40 } },
      },
    ]);
    expect(told.backend('a').maxConnections).toBe(40);
    expect(told.pool().version).toBe(told.world.state.seq);
    expect(told.when({ ...change, changes: { maxConnections: 40 } })).toEqual([]);
    expect(told.when({ ...change, changes: { maxConnections: null } })).toMatchObject([
      { data: { from: { maxConnections: 40 }, to: { maxConnections: null } } },
    ]);
    expect(told.backend('a')).not.toHaveProperty('maxConnections');
  });

  it('take no connection limit that is none', () => {
    const told = arranged();
    for (const maxConnections of [0, 1.5, -1, 1_000_001]) {
      const change = { type: 'ChangeBackend', pool: POOL, backend: A, expectedVersion: null } as const;
      expect(told.send({ ...change, changes: { maxConnections } })).toMatchObject({
        rejection: { code: 'invalid' },
      });
      const backend = definition('c', { maxConnections });
      const add = { type: 'AddBackend', pool: POOL, backend, expectedVersion: null } as const;
      expect(told.send(add)).toMatchObject({ rejection: { code: 'invalid' } });
    }
  });

  it('remove a backend', () => {
    const told = arranged();
    const { address, weight } = told.backend('a');
    const [event] = told.when({ type: 'RemoveBackend', pool: POOL, backend: A, expectedVersion: null });
    expect(event).toMatchObject({
      type: 'BackendRemoved',
      data: { definition: { id: 'a', address, weight } },
    });
    expect([...told.pool().backends.keys()]).toEqual(['b']);
  });

  it('change the settings of a pool, and settings that are in force already are no event', () => {
    const told = arranged();
    const settings = poolSettings({ algorithm: 'random' });
    const change = { type: 'ChangePool', pool: POOL, settings, expectedVersion: null } as const;
    const [event] = told.when(change);
    expect(event).toMatchObject({
      type: 'PoolSettingsChanged',
      data: { settings, previous: poolSettings() },
    });
    expect(told.when(change)).toEqual([]);
  });

  it('end the sessions of a pool by cookie, which changes no version', () => {
    const sticky = {
      type: 'cookie',
      cookieName: 'session',
      idleTimeoutMs: 60_000,
      absoluteTimeoutMs: 600_000,
    } as const;
    const told = storyOf(documentOf(poolSettings({ sticky }), [definition('a')]));
    const { version } = told.pool();
    const [event] = told.when({ type: 'FlushSessions', pool: POOL });
    expect(event).toMatchObject({ type: 'SessionsFlushed', pool: POOL, data: { from: event!.at } });
    expect(told.pool()).toMatchObject({ version, sessionsFrom: event!.at });
  });

  it('cannot end sessions where there are none by cookie', () => {
    expect(refused({ type: 'FlushSessions', pool: POOL })).toEqual({
      code: 'invalid',
      message: 'pool default has no sessions by cookie',
    });
  });

  it('may say which version they know, and each of their changes makes a new one', () => {
    const told = arranged();
    const { version } = told.pool();
    told.when({
      type: 'ChangeBackend',
      pool: POOL,
      backend: A,
      changes: { weight: 5 },
      expectedVersion: version,
    });
    expect(told.pool().version).toBeGreaterThan(version);
    const late = {
      type: 'ChangeBackend',
      pool: POOL,
      backend: A,
      changes: { weight: 6 },
      expectedVersion: version,
    } as const;
    expect(refused(late, told)).toEqual({
      code: 'version_conflict',
      message: `pool default is at version ${told.pool().version}, not ${version}: somebody else changed it; read it again`,
    });
  });

  it.each<[string, CommandBody]>([
    ['add', { type: 'AddBackend', pool: POOL, backend: definition('c'), expectedVersion: 1 }],
    ['remove', { type: 'RemoveBackend', pool: POOL, backend: A, expectedVersion: 1 }],
    ['change a pool', { type: 'ChangePool', pool: POOL, settings: poolSettings(), expectedVersion: 1 }],
  ])('cannot %s on an old version', (_name, body) => {
    expect(refused(body).code).toBe('version_conflict');
  });

  it.each<[string, CommandBody]>([
    ['add', { type: 'AddBackend', pool: NOBODY, backend: definition('c'), expectedVersion: 1 }],
    ['remove', { type: 'RemoveBackend', pool: NOBODY, backend: A, expectedVersion: 1 }],
    ['change', { type: 'ChangeBackend', pool: NOBODY, backend: A, expectedVersion: 1 }],
    ['change a pool', { type: 'ChangePool', pool: NOBODY, settings: poolSettings(), expectedVersion: 1 }],
    ['end sessions', { type: 'FlushSessions', pool: NOBODY }],
  ])('are told which pools there are when they %s in one that is not', (_name, body) => {
    expect(refused(body)).toEqual({
      code: 'unknown_pool',
      message: 'there is no pool nobody; there is default',
    });
  });

  it('are told which backends there are', () => {
    const body = { type: 'RemoveBackend', pool: POOL, backend: backendId('z'), expectedVersion: 1 } as const;
    expect(refused(body)).toEqual({
      code: 'unknown_backend',
      message: 'pool default has no backend z; it has a, b',
    });
    const many = Array.from({ length: 12 }, (_, index) => definition(`n${index}`));
    const told = storyOf(documentOf(poolSettings(), many));
    expect(refused(body, told).message).toMatch(/n8, n9 and 2 more$/);
    const change = { ...body, type: 'ChangeBackend' } as const;
    expect(refused(change).code).toBe('unknown_backend');
  });

  it('are told that there is nothing before the first configuration', () => {
    const body = { type: 'RemoveBackend', pool: POOL, backend: A, expectedVersion: null } as const;
    expect(refused(body, story()).message).toBe('there is no pool default; there is none');
  });

  it('cannot add a name twice', () => {
    const body = { type: 'AddBackend', pool: POOL, backend: definition('a'), expectedVersion: null } as const;
    expect(refused(body)).toEqual({
      code: 'duplicate_backend',
      message: 'pool default already has a backend a',
    });
  });

  it.each([-1, 1_001, 1.5, Number.NaN])('cannot give a weight of %p', (weight) => {
    expect(
      refused({ type: 'ChangeBackend', pool: POOL, backend: A, changes: { weight }, expectedVersion: null })
        .code,
    ).toBe('invalid');
    const backend = definition('c', { weight });
    expect(refused({ type: 'AddBackend', pool: POOL, backend, expectedVersion: null }).code).toBe('invalid');
  });
});
