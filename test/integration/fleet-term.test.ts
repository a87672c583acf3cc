import { decide } from '../../control-plane/domain/decide.js';
import { FLEET_TIMES } from '../../control-plane/fleet/fleet-times.js';
import { FleetClock } from '../../control-plane/fleet/fleet-clock.js';
import { fleetOf, leaderState } from '../../control-plane/domain/fleet-state.js';
import { initialObservations } from '../../control-plane/domain/observations.js';
import { MAX_INBOX } from '../../control-plane/fleet/fleet-store.js';
import { MAX_WRITE_LENGTH } from '../../control-plane/fleet/fleet-writes.js';
import { Lease } from '../../control-plane/fleet/lease.js';
import { Term, type TermDeps } from '../../control-plane/fleet/term.js';
import { EMPTY_WORLD, START } from '../support/domain.js';
import { silence } from '../support/silence.js';
import { VirtualTime } from '../support/virtual-time.js';

const JOINED = {
  type: 'RecordHostJoined',
  host: 'two',
  incarnation: 'i',
  version: '1',
  actor: { kind: 'primary' },
} as const;

/** So much a network carries until a call is called late. */
const MOST_READ = 20 * 1024 * 1024;

/** A term whose store does what it is told. */
function termWith(
  append: TermDeps['store']['append'],
  inbox: TermDeps['store']['inbox'] = async () => ({ kind: 'ok', value: [] }),
) {
  const time = new VirtualTime(START);
  const now = (): number => time.now();
  const clock = new FleetClock(time, now);
  const name = { id: 'i', epoch: 7 };
  const over: string[] = [];
  const lease = new Lease(now(), {
    store: { renew: async () => ({ kind: 'ok', time: now() }) },
    term: name,
    times: FLEET_TIMES,
    timers: time,
    random: () => 0.5,
    clock,
    now,
    over: (reason) => over.push(reason),
  });
  let id = 0;
  const world = { state: leaderState(fleetOf(EMPTY_WORLD.state)), observations: initialObservations() };
  const begun = decide(
    {
      type: 'TakeLead',
      ...name,
      host: 'one',
      incarnation: 'i',
      version: '1',
      id: 1,
      at: START,
      seed: 1,
      actor: { kind: 'primary' },
    },
    world,
    'fleet',
  );
  if (begun.kind === 'rejected') throw new Error(begun.rejection.message);
  const term = new Term(name, { epoch: 7, seq: begun.world.state.seq }, begun.world, {
    store: {
      append,
      head: async () => ({ kind: 'unavailable', reason: 'gone' }),
      inbox,
    },
    times: FLEET_TIMES,
    timers: time,
    clock,
    now,
    stamp: (draft) => ({ ...draft, id: (id += 1) + 1, at: START, seed: id }),
    logger: silence,
    lease,
    appended: async () => undefined,
    over: (reason) => over.push(reason),
  });
  return { term, over };
}

describe('a term', () => {
  it('tells whoever waits that nobody knows, and ends, where a bug strikes', async () => {
    const { term, over } = termWith(() => Promise.reject(new Error('a bug')));
    const waiting = [term.submit(JOINED), term.submit({ ...JOINED, host: 'three' })];
    expect((await Promise.all(waiting)).map(({ kind }) => kind)).toContain('unknown');
    expect(over).toEqual(['a bug']);
    expect(await term.submit(JOINED)).toEqual({ kind: 'not-done' });
  });

  it('tells that nothing was done where it was fenced', async () => {
    const { term, over } = termWith(async () => ({ kind: 'fenced', by: 'another' }));
    expect(await term.submit(JOINED)).toEqual({ kind: 'not-done' });
    expect(over).toEqual(['the term is over: fenced']);
  });

  it.each(Array.from({ length: 10 }, (_, turns) => turns))(
    'takes a write that comes %d turns after the answer to another',
    async (turns) => {
      let seq = 0;
      const { term } = termWith(async ({ expectedSeq }) => ({ kind: 'ok', seq: (seq = expectedSeq + 1) }));
      await term.submit(JOINED);
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      const second = term.submit({ ...JOINED, host: 'three' });
      const later = new Promise<string>((resolve) => setImmediate(() => resolve('nobody takes it')));
      expect(await Promise.race([second, later])).toMatchObject({ kind: 'accepted', seq });
    },
  );

  it('answers writes that are too many and too long to be read at once', async () => {
    const text = JSON.stringify({ ...JOINED, host: 'x'.repeat(MAX_WRITE_LENGTH - 1_000) });
    let waiting = Array.from({ length: MAX_INBOX }, (_, index) => {
      return { id: `${index + 1}-0`, nonce: `${index}`, epoch: 6, until: START, text };
    });
    let answered = 0;
    const { term } = termWith(
      async ({ expectedSeq, inbox, answers }) => {
        answered += answers.length;
        waiting = waiting.slice(waiting.findIndex(({ id }) => id === inbox) + 1);
        return { kind: 'ok', seq: expectedSeq };
      },
      async ({ after, limit }) => {
        const from = waiting.findIndex(({ id }) => id === after) + 1;
        const page = waiting.slice(from, from + limit);
        const length = page.reduce((sum, one) => sum + one.text.length, 0);
        return length > MOST_READ ? { kind: 'unavailable', reason: 'late' } : { kind: 'ok', value: page };
      },
    );
    term.readInbox();
    await new Promise((resolve) => setImmediate(resolve));
    expect([answered, waiting.length]).toEqual([MAX_INBOX, 0]);
  });
});
