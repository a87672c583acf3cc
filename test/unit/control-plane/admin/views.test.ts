import { backendDocuments, poolDocuments, statusDocument } from '../../../../control-plane/admin/views.js';
import { Transitions } from '../../../../control-plane/admin/transitions.js';
import { testControl } from '../../../support/control-port.js';
import { definition, documentOf, POOL, poolSettings, storyOf } from '../../../support/domain.js';

const BACKENDS = 3_000;

describe('documents of many backends', () => {
  it('are made in turns of the event loop, and are whole', async () => {
    const names = Array.from({ length: BACKENDS }, (_, i) => `b${i}`);
    const { world } = storyOf(
      documentOf(
        poolSettings(),
        names.map((name) => definition(name)),
      ),
    );
    const { port } = await testControl();
    const source = { port: { ...port, world: () => world }, transitions: new Transitions() };
    let turns = 0;
    let counting = true;
    const count = (): void => {
      turns += 1;
      if (counting) setImmediate(count);
    };
    setImmediate(count);
    const pool = world.state.pools.get(POOL)!;
    for (const make of [
      () => backendDocuments(source, pool),
      async () => (await poolDocuments(source))[0]?.backends,
      async () => (await statusDocument(source, 0)).pools[0]?.backends,
    ]) {
      turns = 0;
      expect((await make())?.map(({ id }) => id)).toEqual(names);
      expect(turns).toBeGreaterThanOrEqual(5);
    }
    counting = false;
  });
});
