/**
 * The strictness cases against the native engine, and some of them against compat, over real sockets. One engine takes all of its
 * own, one after the other, each with a backend of its own: whatever a case does to the engine, the next one would show.
 */
import { COMPAT_CASES, STRICTNESS_CASES } from '../support/http1-cases/all-cases.js';
import { runCase, type StartProxy } from '../support/http1-cases/run-case.js';
import { BODY_LIMIT } from '../support/http1-cases/strictness-case.js';
import { ENGINES, type EngineUnderTest } from '../support/engine-under-test.js';
import { backendAt, poolOf, snapshotOf } from '../support/snapshot-of.js';
import { waitUntil } from '../support/wait-until.js';
import type { Snapshot } from '../../shared/snapshot.js';

describe.each(ENGINES)('the %s engine', (name, startThis) => {
  let engine: EngineUnderTest;
  let version = 1;

  function snapshotFor(backendPort: number): Snapshot {
    version += 1;
    const pool = poolOf([backendAt('a', backendPort, { generation: version })], { version });
    const limits = { bodyBytes: BODY_LIMIT };
    return { ...snapshotOf([pool], { retry: { attempts: 1 }, limits }), version };
  }
  const startCase: StartProxy = (backendPort) => {
    engine.apply(snapshotFor(backendPort));
    return Promise.resolve({ port: engine.port, close: () => Promise.resolve() });
  };
  beforeAll(async () => {
    engine = await startThis(snapshotFor(1));
  });
  afterAll(async () => {
    await engine.close();
  });

  describe.each(name === 'native' ? STRICTNESS_CASES : COMPAT_CASES)('with %s', (_about, cases) => {
    it.each(cases.map((test) => [`${test.name} (${test.rule})`, test] as const))(
      '%s',
      async (_name, test) => {
        expect(await runCase(test, startCase)).toEqual([]);
      },
    );
  });

  it('has nothing to complain about after all that, and no connection left', async () => {
    await waitUntil('the end of all connections', () => engine.forwarder.connections() === 0);
    expect(engine.complaints).toEqual([]);
  });
});
