/**
 * Steps against a store of a fleet, made up by fast-check: calls with arguments near what the store will hold (a lease that is almost
 * the right one, a number beside the head), and what other hands and time do to it. `store-steps.ts` takes them.
 */
import fc from 'fast-check';

/** How many processes ask. */
export const PROCESS_COUNT = 3;

/** A number that the step makes of what the store holds. */
type Offset = number;

export type StoreStep =
  | { readonly kind: 'acquire'; readonly who: number; readonly seen: number; readonly step: number }
  | { readonly kind: 'renew' | 'resign'; readonly term: TermChoice }
  | {
      readonly kind: 'append';
      readonly term: TermChoice;
      readonly seq: Offset;
      readonly command: Offset;
      readonly inbox: number;
      readonly deadline: 'past' | 'future' | 'none';
      readonly events: number;
      readonly answers: number;
    }
  | {
      readonly kind: 'restore';
      readonly term: TermChoice;
      readonly head: 'same' | 'none' | 'other';
      readonly seq: Offset;
      /** How many events are put back with it. */
      readonly tail: number;
      readonly hasSecret: boolean;
    }
  | {
      readonly kind: 'saveSnapshot';
      readonly term: TermChoice;
      readonly seq: Offset;
      readonly keepFrom: Offset;
    }
  | { readonly kind: 'read'; readonly from: Offset; readonly limit: number }
  | {
      readonly kind: 'beat';
      readonly who: number;
      readonly number: number;
      readonly hasCold: boolean;
      /** Three are the most that the steps make, with the one that looks. */
      readonly maxHosts: number;
    }
  | { readonly kind: 'leave'; readonly who: number }
  | {
      readonly kind: 'forgetHost';
      readonly term: TermChoice;
      readonly who: number;
      readonly heard: 'before' | 'then';
    }
  | { readonly kind: 'post' | 'shareSecret' }
  | { readonly kind: 'inbox' | 'answers'; readonly after: number; readonly limit: number }
  | { readonly kind: 'snapshot' | 'head' | 'hosts' }
  | { readonly kind: 'age'; readonly ms: number }
  | { readonly kind: 'flush' }
  | { readonly kind: 'remove'; readonly part: 'lease' | 'head' | 'log' | 'snapshot' }
  | { readonly kind: 'stray'; readonly seq: Offset; readonly epoch: Offset; readonly isRemoved: boolean };

/** Mostly the term of the lease. */
export type TermChoice = 'own' | 'other id' | 'other epoch';

const near = fc.integer({ min: -2, max: 2 });
const who = fc.nat(PROCESS_COUNT - 1);
const term = fc.oneof(
  { weight: 6, arbitrary: fc.constant<TermChoice>('own') },
  { weight: 1, arbitrary: fc.constantFrom<TermChoice>('other id', 'other epoch') },
);
const mostly = <T>(usual: T, others: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: others });

const steps: readonly [weight: number, fc.Arbitrary<StoreStep>][] = [
  [
    4,
    fc.record({
      kind: fc.constant('acquire'),
      who,
      seen: mostly(0, fc.nat(40)),
      step: fc.integer({ min: 1, max: 9 }),
    }),
  ],
  [4, fc.record({ kind: fc.constantFrom('renew', 'renew', 'renew', 'resign'), term })],
  [
    24,
    fc.record({
      kind: fc.constant('append'),
      term,
      seq: mostly(0, near),
      command: mostly(1, near),
      inbox: fc.nat(3),
      deadline: fc.constantFrom('past', 'future', 'none', 'none'),
      events: fc.nat(4),
      answers: fc.nat(2),
    }),
  ],
  [
    6,
    fc.record({
      kind: fc.constant('restore'),
      term,
      head: mostly('same', fc.constantFrom('none', 'other')),
      seq: near,
      tail: fc.nat(3),
      hasSecret: fc.boolean(),
    }),
  ],
  [
    2,
    fc.record({
      kind: fc.constant('saveSnapshot'),
      term,
      seq: mostly(0, near),
      keepFrom: fc.integer({ min: -9, max: 2 }),
    }),
  ],
  [
    2,
    fc.record({
      kind: fc.constant('read'),
      from: fc.integer({ min: -9, max: 2 }),
      limit: fc.integer({ min: 1, max: 9 }),
    }),
  ],
  [
    8,
    fc.record({
      kind: fc.constant('beat'),
      who,
      number: fc.integer({ min: 1, max: 6 }),
      hasCold: fc.boolean(),
      maxHosts: fc.integer({ min: 1, max: 4 }),
    }),
  ],
  [1, fc.record({ kind: fc.constant('leave'), who })],
  [1, fc.record({ kind: fc.constant('forgetHost'), term, who, heard: fc.constantFrom('before', 'then') })],
  [9, fc.record({ kind: fc.constantFrom('post', 'post', 'post', 'shareSecret') })],
  [
    2,
    fc.record({
      kind: fc.constantFrom('inbox', 'answers'),
      after: fc.nat(3),
      limit: fc.integer({ min: 1, max: 5 }),
    }),
  ],
  [1, fc.record({ kind: fc.constantFrom('snapshot', 'head', 'hosts') })],
  [1, fc.record({ kind: fc.constant('age'), ms: fc.constantFrom(3_000_000, 11_000_000, -13_000_000) })],
  [1, fc.record({ kind: fc.constantFrom('flush') })],
  [1, fc.record({ kind: fc.constant('remove'), part: fc.constantFrom('lease', 'head', 'log', 'snapshot') })],
  [1, fc.record({ kind: fc.constant('stray'), seq: fc.nat(3), epoch: near, isRemoved: fc.boolean() })],
];

/** A fleet is founded first, because nothing comes of most steps without one. */
const FOUNDING: readonly StoreStep[] = [
  { kind: 'acquire', who: 0, seen: 0, step: 1 },
  { kind: 'restore', term: 'own', head: 'same', seq: 0, tail: 0, hasSecret: false },
];

export const arbitrarySteps: fc.Arbitrary<readonly StoreStep[]> = fc
  .array(fc.oneof(...steps.map(([weight, arbitrary]) => ({ weight, arbitrary }))), {
    minLength: 5,
    maxLength: 60,
    size: 'max',
  })
  .map((more) => [...FOUNDING, ...more]);
