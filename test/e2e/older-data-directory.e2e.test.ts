/** A real start on the data directory of an older release, with the file that was in force there. */
import { join } from 'node:path';
import { ENDS, RELEASES, RecordedLife } from '../support/release-fixture.js';
import { Tidegate } from '../support/tidegate-process.js';

const LIVES = RELEASES.flatMap((release) => ENDS.map((end) => [release, end] as const));

describe.each(LIVES)('tidegate serve on the data directory of release %s that was %s', (release, end) => {
  const life = new RecordedLife(release, end);
  const { state, events } = life.summary;
  let tidegate: Tidegate;

  beforeAll(async () => {
    tidegate = Tidegate.prepare(life.config);
    life.putLogInto(join(tidegate.dir, 'data'));
    await tidegate.run();
  });
  afterAll(async () => tidegate.dispose());

  it('keeps weights, limits, admin states and breakers', async () => {
    for (const pool of state.pools) {
      for (const before of pool.backends) {
        const { weight, max_connections, origin, admin, breaker } = await tidegate.backend(
          before.id,
          pool.id,
        );
        expect([before.id, weight, max_connections, origin, admin]).toEqual([
          before.id,
          before.weight,
          before.maxConnections ?? pool.maxConnections,
          before.origin,
          before.admin,
        ]);
        // What was open may be half-open by now: time has passed.
        expect([before.id, breaker.state === 'closed', breaker.openings]).toEqual([
          before.id,
          before.breaker.phase === 'closed',
          before.breaker.openings,
        ]);
      }
    }
    const kept = state.pools.flatMap(({ backends }) => backends);
    expect(new Set(kept.map(({ admin }) => admin))).toEqual(new Set(['ready', 'draining', 'maintenance']));
    expect(kept.some(({ breaker }) => breaker.phase === 'open')).toBe(true);
  });

  it('tells the whole history, and why each backend stands as it does', async () => {
    const told = await tidegate.events();
    expect(told.slice(0, events.length).map(({ seq, type }) => `${seq} ${type}`)).toEqual(
      events.map((line) => line.replace(/^(\d+) \d+ \d+ (\w+) .*$/, '$1 $2')),
    );
    // The file is the one that was in force: settings that came later have their defaults, and nothing else is new.
    const since = told.slice(events.length).map(({ type }) => type);
    expect(
      since.filter((type) => /^(Pool|Routes|Forwarding|Weight|MaxConn)|^Backend(Added|Rem)/.test(type)),
    ).toEqual([]);
    for (const { id, backends } of state.pools) {
      for (const backend of backends) {
        const why = await tidegate.cli('why', `${id}/${backend.id}`);
        expect([why.code, why.stderr]).toEqual([0, '']);
        expect(why.stdout).toContain(`${backend.id} is `);
      }
    }
  });
});
