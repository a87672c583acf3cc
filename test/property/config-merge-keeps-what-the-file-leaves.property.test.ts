import fc from 'fast-check';
import { driftOf } from '../../control-plane/domain/drift.js';
import type { ConfigDocument } from '../../shared/settings.js';
import { backendId } from '../../shared/ids.js';
import { definition, documentOf, POOL, poolSettings, story, storyOf } from '../support/domain.js';
import { live } from '../support/random-history.js';
import { anyDocument, anyHistory } from '../support/random-steps.js';

const NAMES = ['a', 'b', 'c'];

/** A weight in the file before, in the file after (if it is touched), and set through the API between (if it is). */
const anyWeights = fc.record({
  before: fc.nat({ max: 5 }),
  after: fc.option(fc.nat({ max: 5 })),
  api: fc.option(fc.nat({ max: 5 })),
});

function fileWith(weights: readonly number[]): ConfigDocument {
  return documentOf(
    poolSettings(),
    weights.map((weight, index) => definition(NAMES[index] ?? 'x', { weight })),
  );
}

describe('the configuration merge keeps what the file leaves', () => {
  it('applying the same document again is no event, whatever happened between', () => {
    fc.assert(
      fc.property(anyHistory, (steps) => {
        live(
          [...steps, { kind: 'apply-again' }, { kind: 'apply-again' }],
          ({ command, before, decision }) => {
            const { applied, rejected } = before.state;
            if (command.type !== 'ApplyConfig' || decision.kind === 'rejected') return;
            if (command.document !== applied?.document || command.sha256 !== applied.sha256) return;
            const types = decision.events.map((event) => event.type);
            expect(types).toEqual(rejected === null ? [] : ['ConfigApplied']);
          },
        );
      }),
      { numRuns: 300 },
    );
  });

  it('the first file is all there is', () => {
    fc.assert(
      fc.property(anyDocument, (document) => {
        const told = story();
        told.apply(document);
        expect([...told.world.state.pools.keys()]).toEqual(document.pools.map((pool) => pool.id));
        expect(told.world.state.forwarding).toEqual(document.forwarding);
        expect(told.world.state.routes).toEqual(document.routes);
        expect(driftOf(told.world.state)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('without changes at run time, the live state is the last file', () => {
    fc.assert(
      fc.property(fc.array(anyDocument, { minLength: 1, maxLength: 5 }), (documents) => {
        const told = story();
        for (const document of documents) told.apply(document);
        const last = documents.at(-1);
        expect(driftOf(told.world.state)).toEqual([]);
        expect([...told.world.state.pools.keys()].sort()).toEqual(last?.pools.map((pool) => pool.id).sort());
        expect(told.world.state.routes).toEqual(last?.routes);
      }),
      { numRuns: 200 },
    );
  });

  it("a weight is the new file's if the file changed it, else the live one", () => {
    fc.assert(
      fc.property(fc.tuple(anyWeights, anyWeights, anyWeights), (weights) => {
        const told = storyOf(fileWith(weights.map(({ before }) => before)));
        weights.forEach(({ api }, index) => {
          if (api === null) return;
          const backend = backendId(NAMES[index] ?? 'x');
          told.when({
            type: 'ChangeBackend',
            pool: POOL,
            backend,
            changes: { weight: api },
            expectedVersion: null,
          });
        });
        told.apply(fileWith(weights.map(({ before, after }) => after ?? before)), 'second');
        weights.forEach(({ before, after, api }, index) => {
          const changed = after !== null && after !== before;
          expect(told.backend(NAMES[index] ?? 'x').weight).toBe(changed ? after : (api ?? before));
        });
      }),
      { numRuns: 300 },
    );
  });
});
