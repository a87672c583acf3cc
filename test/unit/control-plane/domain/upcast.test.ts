import { EVENTS } from '../../../../control-plane/domain/events.js';
import {
  upcast,
  UPCASTS,
  type StoredEventShape,
  type UpcastTable,
} from '../../../../control-plane/domain/upcast.js';

const STORED: StoredEventShape = {
  epoch: 1,
  seq: 42,
  at: 1,
  type: 'WeightChanged',
  schema: 1,
  actor: { kind: 'api' },
  cause: { command: 'ChangeBackend', id: 7 },
  data: { from: 1, to: 2 },
};

/** A made-up past: `ShareChanged` became `WeightChanged`, whose percentages became weights, which got a reason. */
const HISTORY: UpcastTable = {
  current: { WeightChanged: 3 },
  steps: {
    'ShareChanged@1': (event) => ({ ...event, type: 'WeightChanged', schema: 1 }),
    'WeightChanged@1': (event) => {
      const { percent } = event.data as { readonly percent: number };
      return { ...event, schema: 2, data: { to: percent / 10 } };
    },
    'WeightChanged@2': (event) => ({
      ...event,
      schema: 3,
      data: { ...(event.data as object), reason: 'unknown' },
    }),
  },
};

describe('upcast', () => {
  it('leaves events of this release alone', () => {
    for (const [type, { schema }] of Object.entries(EVENTS)) {
      const event = { ...STORED, type, schema };
      expect(upcast(event, UPCASTS)).toEqual({ kind: 'current', event });
    }
  });

  it('lifts an older event step by step, and keeps all but its data', () => {
    const old = { ...STORED, type: 'ShareChanged', data: { percent: 50 } };
    expect(upcast(old, HISTORY)).toEqual({
      kind: 'current',
      event: { ...STORED, schema: 3, data: { to: 5, reason: 'unknown' } },
    });
    expect(old.data).toEqual({ percent: 50 });
  });

  it.each([
    [
      'of an unknown type',
      { type: 'TideTurned' },
      'unknown-type',
      'event 42 TideTurned (schema 1) is of an unknown type',
    ],
    [
      'named as what every object has',
      { type: 'constructor' },
      'unknown-type',
      'event 42 constructor (schema 1) is of an unknown type',
    ],
    [
      'of a newer schema',
      { schema: 4 },
      'newer-schema',
      'event 42 WeightChanged (schema 4) is newer than this release, which knows schema 3',
    ],
    [
      'older than any step',
      { schema: 0 },
      'no-step',
      'event 42 WeightChanged (schema 0) is older than any schema this release can lift to 3',
    ],
  ])('refuses an event %s, and names it', (_name, over, reason, problem) => {
    expect(upcast({ ...STORED, ...over }, HISTORY)).toEqual({ kind: 'failed', reason, problem });
  });

  it('does not go round in circles', () => {
    const steps = { 'WeightChanged@1': (event: StoredEventShape) => event };
    expect(upcast(STORED, { current: { WeightChanged: 2 }, steps })).toMatchObject({
      kind: 'failed',
      reason: 'no-step',
    });
  });
});
