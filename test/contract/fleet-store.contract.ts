/** What every store of a fleet promises to the hosts that share it. */
import {
  MAX_INBOX,
  type AppendOptions,
  type BeatOptions,
  type Bell,
  type FleetPosition,
  type FleetStore,
  type Head,
  type RestoreOptions,
  type StoredSnapshot,
} from '../../control-plane/fleet/fleet-store.js';
import { waitUntil } from '../support/wait-until.js';

export interface FleetStoreSubject {
  /** One more client of the one store. */
  open(): FleetStore | Promise<FleetStore>;
  /** Makes everything in the store so much older; negative: the store's clock goes back. */
  age(ms: number): void | Promise<void>;
  /** Everything in the store is gone. */
  flush(): void | Promise<void>;
  /** Somebody else's hand writes an entry after the end of the log, and may take it away again. */
  stray(position: FleetPosition, isRemoved: boolean): void | Promise<void>;
  close(): void | Promise<void>;
}

const TTL_MS = 60_000;
const A = { id: 'a.1', host: 'a' };
const B = { id: 'b.1', host: 'b' };

export function fleetStoreContract(create: () => FleetStoreSubject | Promise<FleetStoreSubject>): void {
  let subject: FleetStoreSubject;
  let store: FleetStore;
  beforeEach(async () => {
    subject = await create();
    store = await subject.open();
  });
  afterEach(async () => {
    await subject.close();
  });

  const acquire = (candidate = A, options: { seen?: number; step?: number } = {}) =>
    store.acquire({ ...candidate, ttlMs: TTL_MS, seen: 0, step: 1, ...options });
  /** The epoch of a lease that is had. */
  const lead = async (candidate = A, options: { seen?: number; step?: number } = {}): Promise<number> => {
    const answer = await acquire(candidate, options);
    if (answer.kind !== 'leads') throw new Error(`not leading: ${JSON.stringify(answer)}`);
    return answer.epoch;
  };
  const restore = (epoch: number, options: Partial<RestoreOptions> = {}) =>
    store.restore({
      id: A.id,
      epoch,
      head: null,
      snapshot: snapshotAt('10-0'),
      command: 1,
      event: 'founded',
      ...options,
    });
  const append = (epoch: number, expectedSeq: number, options: Partial<AppendOptions> = {}) =>
    store.append({
      id: A.id,
      epoch,
      expectedSeq,
      command: 2,
      inbox: '0-0',
      notAfter: Infinity,
      events: ['one'],
      answers: [],
      ...options,
    });
  /** A fleet whose log has one event, at `11-1`, and whose leader is A. */
  const found = async (): Promise<number> => {
    const epoch = await lead();
    expect(await restore(epoch)).toEqual({ kind: 'ok', seq: 11 });
    return epoch;
  };
  const head = async (): Promise<Head | null> => {
    const answer = await store.head();
    if (answer.kind !== 'ok') throw new Error(answer.reason);
    return answer.value;
  };
  const log = async (from = 0, limit = 100): Promise<string> => {
    const answer = await store.read({ from, limit });
    if (answer.kind !== 'ok') throw new Error(answer.reason);
    return answer.value.map(({ position, text }) => `${position.seq}-${position.epoch} ${text}`).join(', ');
  };
  const waiting = async (after = '0-0', limit = 10): Promise<readonly string[]> => {
    const answer = await store.inbox({ after, limit });
    if (answer.kind !== 'ok') throw new Error(answer.reason);
    return answer.value.map(({ nonce }) => nonce);
  };
  let beats = 0;
  const beat = (host: string, options: Partial<BeatOptions> = {}) =>
    store.beat({
      host,
      incarnation: `${host}.1`,
      number: (beats += 1),
      beat: '{}',
      cold: null,
      freshMs: 5_000,
      ...options,
    });
  const hosts = async () => {
    const answer = await store.hosts();
    if (answer.kind !== 'ok') throw new Error(answer.reason);
    return answer.value;
  };

  describe('the lease', () => {
    it('goes to the first who asks', async () => {
      expect(await acquire()).toEqual({ kind: 'leads', epoch: 1, time: expect.any(Number) });
      const held = await acquire(B);
      expect(held).toEqual({
        kind: 'held',
        by: { ...A, epoch: 1, leftMs: expect.any(Number) },
        time: expect.any(Number),
      });
    });

    it('goes to another when it is over, in a later epoch', async () => {
      await lead();
      await subject.age(TTL_MS);
      expect(await lead(B, { step: 7 })).toBe(8);
    });

    it('goes to another when its end is further off than it can last: the clock went back', async () => {
      await lead();
      await subject.age(-3_600_000);
      expect(await lead(B)).toBe(2);
    });

    it('begins a new epoch for the one who has it', async () => {
      expect([await lead(), await lead()]).toEqual([1, 2]);
      expect(await store.renew({ id: A.id, epoch: 1, ttlMs: TTL_MS })).toEqual({ kind: 'fenced', by: A.id });
    });

    it('begins an epoch above all that the candidate has seen', async () => {
      expect(await lead(A, { seen: 2 ** 50, step: 3 })).toBe(2 ** 50 + 3);
    });

    it('begins an epoch above the log, though the lease is gone', async () => {
      const epoch = await lead(A, { step: 100 });
      await restore(epoch);
      await subject.age(TTL_MS);
      expect(await lead(B)).toBe(101);
    });

    it('lasts longer when it is renewed', async () => {
      const term = { id: A.id, epoch: await lead() };
      await subject.age(TTL_MS - 20_000);
      expect(await store.renew({ ...term, ttlMs: TTL_MS })).toEqual({ kind: 'ok', time: expect.any(Number) });
      await subject.age(TTL_MS - 20_000);
      expect(await acquire(B)).toMatchObject({ kind: 'held' });
    });

    it('is not renewed once it is over', async () => {
      const term = { id: A.id, epoch: await lead() };
      await subject.age(TTL_MS);
      expect(await store.renew({ ...term, ttlMs: TTL_MS })).toEqual({ kind: 'fenced', by: null });
      await lead(B);
      expect(await store.renew({ ...term, ttlMs: TTL_MS })).toEqual({ kind: 'fenced', by: B.id });
    });

    it('is free at once when its holder resigns, and only then', async () => {
      const term = { id: A.id, epoch: await lead() };
      await store.resign({ ...term, epoch: 9 });
      await store.resign({ ...term, id: B.id });
      expect(await acquire(B)).toMatchObject({ kind: 'held' });
      expect(await store.resign(term)).toEqual({ kind: 'ok' });
      expect(await lead(B)).toBe(2);
    });
  });

  describe('founding and restoring', () => {
    it('begins a log after the snapshot that is brought', async () => {
      const epoch = await found();
      expect(await head()).toEqual({
        epoch,
        seq: 11,
        command: 1,
        first: 11,
        base: { epoch: 0, seq: 10 },
        snapshot: 10,
        inbox: '0-0',
        level: 1,
      });
      expect(await log()).toBe('11-1 founded');
      expect(await store.snapshot()).toEqual({ kind: 'ok', value: snapshotAt('10-0') });
    });

    it('puts the longer history of a leader in the place of the log', async () => {
      await found();
      await append(1, 11);
      const epoch = await lead();
      const brought = { head: at('12-1'), snapshot: snapshotAt('20-1'), command: 5, event: 'restored' };
      expect(await restore(epoch, brought)).toEqual({ kind: 'ok', seq: 21 });
      expect(await log()).toBe('21-2 restored');
      expect(await head()).toMatchObject({ epoch: 2, seq: 21, first: 21, base: at('20-1'), snapshot: 20 });
    });

    it.each([
      ['another end', { head: at('10-1') }, '11-1'],
      ['an end in another term', { head: at('11-7') }, '11-1'],
      ['no log', { head: null }, '11-1'],
    ])('is refused to a leader that has compared itself with %s', async (_, options, present) => {
      const epoch = await found();
      expect(await restore(epoch, options)).toEqual({ kind: 'present', head: at(present) });
      expect(await log()).toBe('11-1 founded');
    });

    it('is refused to a leader that has compared itself with a log that is gone', async () => {
      expect(await restore(await lead(), { head: at('11-1') })).toEqual({ kind: 'present', head: null });
    });

    it('is refused without the lease', async () => {
      await lead();
      expect(await restore(7)).toEqual({ kind: 'fenced', by: A.id });
      await subject.age(TTL_MS);
      expect(await restore(1)).toEqual({ kind: 'fenced', by: null });
    });

    it('empties the inbox', async () => {
      const epoch = await found();
      await store.post({ nonce: 'n1', ttlMs: 1_000, text: '{}' });
      await restore(epoch, { head: at('11-1'), snapshot: snapshotAt('20-1') });
      expect(await waiting()).toEqual([]);
      expect(await head()).toMatchObject({ inbox: '0-0' });
    });

    it('takes an entry away that is after the end of the log', async () => {
      await subject.stray(at('500-9'), false);
      const epoch = await found();
      expect(await log()).toBe(`11-${epoch} founded`);
    });
  });

  describe('an append', () => {
    it('goes on where the log ends', async () => {
      const epoch = await found();
      expect(await append(epoch, 11, { events: ['one', 'two'] })).toEqual({ kind: 'ok', seq: 13 });
      expect(await append(epoch, 13, { command: 3, events: ['ü "three"\n'] })).toEqual({
        kind: 'ok',
        seq: 14,
      });
      expect(await log()).toBe('11-1 founded, 12-1 one, 13-1 two, 14-1 ü "three"\n');
      expect(await head()).toMatchObject({ epoch, seq: 14, command: 3, first: 11, snapshot: 10 });
    });

    it('names events by their term', async () => {
      await found();
      await subject.age(TTL_MS);
      const epoch = await lead(B);
      expect(await append(epoch, 11, { id: B.id })).toEqual({ kind: 'ok', seq: 12 });
      expect(await log()).toBe('11-1 founded, 12-2 one');
    });

    it('is refused where the log ends elsewhere', async () => {
      const epoch = await found();
      const conflict = { kind: 'conflict', head: { epoch, seq: 11 }, command: 1 };
      expect(await append(epoch, 10)).toEqual(conflict);
      expect(await append(epoch, 12)).toEqual(conflict);
      expect(await log()).toBe('11-1 founded');
    });

    it('is refused the second time, though it has no event', async () => {
      const epoch = await found();
      const batch = { command: 2, events: [] };
      expect(await append(epoch, 11, batch)).toEqual({ kind: 'ok', seq: 11 });
      const conflict = { kind: 'conflict', head: { epoch, seq: 11 }, command: 2 };
      expect(await append(epoch, 11, batch)).toEqual(conflict);
      expect(await append(epoch, 11, { command: 1 })).toEqual(conflict);
    });

    it('may count its commands anew in a new term', async () => {
      await append(await found(), 11, { command: 900 });
      expect(await append(await lead(), 12, { command: 1 })).toEqual({ kind: 'ok', seq: 13 });
    });

    it('is refused without a log', async () => {
      expect(await append(await lead(), 0)).toEqual({ kind: 'lost' });
    });

    it('is refused without the lease', async () => {
      const epoch = await found();
      expect(await append(epoch, 11, { id: B.id })).toEqual({ kind: 'fenced', by: A.id });
      expect(await append(epoch + 1, 11)).toEqual({ kind: 'fenced', by: A.id });
      await subject.age(TTL_MS);
      expect(await append(epoch, 11)).toEqual({ kind: 'fenced', by: null });
      await lead(B);
      expect(await append(epoch, 11)).toEqual({ kind: 'fenced', by: B.id });
      expect(await log()).toBe('11-1 founded');
    });

    it('is refused after its deadline', async () => {
      const epoch = await lead();
      const renewed = await store.renew({ id: A.id, epoch, ttlMs: TTL_MS });
      const now = renewed.kind === 'ok' ? renewed.time : NaN;
      await restore(epoch);
      expect(await append(epoch, 11, { notAfter: now - 60_000 })).toEqual({ kind: 'late' });
      expect(await log()).toBe('11-1 founded');
      expect(await append(epoch, 11, { notAfter: now + 60_000 })).toEqual({ kind: 'ok', seq: 12 });
    });

    it('stores answers and takes what they answer from the inbox', async () => {
      const epoch = await found();
      for (const nonce of ['n1', 'n2', 'n3']) await store.post({ nonce, ttlMs: 1_000, text: '{}' });
      const inbox = await store.inbox({ after: '0-0', limit: 2 });
      const cursor = inbox.kind === 'ok' ? (inbox.value.at(-1)?.id ?? '') : '';
      const answers = [
        { nonce: 'n1', text: 'accepted' },
        { nonce: 'n2', text: 'rejected' },
      ];
      expect(await append(epoch, 11, { inbox: cursor, answers })).toMatchObject({ kind: 'ok' });
      expect(await waiting()).toEqual(['n3']);
      expect(await head()).toMatchObject({ inbox: cursor });
      const stored = await store.answers({ after: '0-0', limit: 10 });
      expect(stored).toEqual({
        kind: 'ok',
        value: answers.map((answer) => ({ ...answer, id: expect.any(String) })),
      });
    });

    it('goes on in spite of entries after the end of the log, and takes them away', async () => {
      const epoch = await found();
      await subject.stray(at('12-1'), false);
      await subject.stray(at('900-5'), false);
      expect(await append(epoch, 11, { events: ['one', 'two'] })).toEqual({ kind: 'ok', seq: 13 });
      expect(await append(epoch, 13, { command: 3 })).toEqual({ kind: 'ok', seq: 14 });
      expect(await log()).toBe('11-1 founded, 12-1 one, 13-1 two, 14-1 one');
    });

    it.each(['11-9', '12-1', '900-5'])(
      'goes on in spite of %s, which was there and was removed',
      async (stray) => {
        const epoch = await found();
        await subject.stray(at(stray), true);
        expect(await append(epoch, 11)).toEqual({ kind: 'ok', seq: 12 });
        expect(await log()).toBe('11-1 founded, 12-1 one');
      },
    );

    it('goes on in spite of an entry that has the number of the last one', async () => {
      const epoch = await found();
      await subject.stray(at('11-9'), false);
      await subject.stray(at('12-0'), false);
      expect(await append(epoch, 11)).toEqual({ kind: 'ok', seq: 12 });
      expect(await log()).toBe('11-1 founded, 12-1 one');
    });
  });

  describe('the log', () => {
    it('is read from any number on, up to a limit', async () => {
      await append(await found(), 11, { events: ['a', 'b', 'c'] });
      expect(await log(12)).toBe('12-1 a, 13-1 b, 14-1 c');
      expect(await log(12, 2)).toBe('12-1 a, 13-1 b');
      expect(await log(15)).toBe('');
    });

    it('is nothing before there is a fleet', async () => {
      expect([await head(), await log(), await store.snapshot()]).toEqual([
        null,
        '',
        { kind: 'ok', value: null },
      ]);
    });
  });

  describe('a snapshot', () => {
    const save = (epoch: number, position: string, keepFrom: number) =>
      store.saveSnapshot({ id: A.id, epoch, snapshot: snapshotAt(position), keepFrom });

    it('takes the place of an older one, and lets events be forgotten', async () => {
      const epoch = await found();
      await append(epoch, 11, { events: ['a', 'b', 'c'] });
      expect(await save(epoch, '13-1', 12)).toEqual({ kind: 'ok' });
      expect(await store.snapshot()).toEqual({ kind: 'ok', value: snapshotAt('13-1') });
      expect(await head()).toMatchObject({ seq: 14, first: 12, snapshot: 13 });
      expect(await log()).toBe('12-1 a, 13-1 b, 14-1 c');
    });

    it('leaves its own last event in the log', async () => {
      const epoch = await found();
      await append(epoch, 11, { events: ['a', 'b', 'c'] });
      await save(epoch, '13-1', 100);
      expect(await head()).toMatchObject({ first: 13 });
      expect(await log()).toBe('13-1 b, 14-1 c');
    });

    it('brings no event back', async () => {
      const epoch = await found();
      await append(epoch, 11, { events: ['a', 'b', 'c'] });
      await save(epoch, '13-1', 13);
      await save(epoch, '14-1', 1);
      expect(await head()).toMatchObject({ first: 13, snapshot: 14 });
    });

    it.each([
      ['not newer', '13-1'],
      ['older', '12-1'],
      ['ahead of the log', '15-1'],
    ])('is refused when it is %s', async (_, position) => {
      const epoch = await found();
      await append(epoch, 11, { events: ['a', 'b', 'c'] });
      await save(epoch, '13-1', 1);
      expect(await save(epoch, position, 14)).toEqual({ kind: 'stale' });
      expect(await head()).toMatchObject({ first: 11, snapshot: 13 });
    });

    it('is refused without a log, and without the lease', async () => {
      const epoch = await lead();
      expect(await save(epoch, '13-1', 1)).toEqual({ kind: 'stale' });
      expect(await save(epoch + 1, '13-1', 1)).toEqual({ kind: 'fenced', by: A.id });
    });
  });

  describe('a beat', () => {
    it('shows lease and head', async () => {
      const nothing = { kind: 'ok', time: expect.any(Number), connection: expect.any(Number), previous: 0 };
      expect(await beat('a')).toEqual({ ...nothing, lease: null, head: null });
      const epoch = await found();
      expect(await beat('b')).toEqual({
        ...nothing,
        lease: { ...A, epoch, leftMs: expect.any(Number) },
        head: await head(),
      });
    });

    it('comes over the same connection as the one before, as long as that holds', async () => {
      const [one, two] = [await beat('a'), await beat('a')];
      expect(one.kind === 'ok' && two.kind === 'ok' && one.connection === two.connection).toBe(true);
    });

    it('shows a lease that is over', async () => {
      await lead();
      await subject.age(TTL_MS + 10_000);
      const answer = await beat('a');
      expect(answer).toMatchObject({ kind: 'ok', lease: A });
      expect(answer.kind === 'ok' && answer.lease !== null && answer.lease.leftMs <= -10_000).toBe(true);
    });

    it('tells the others of a host', async () => {
      await beat('b', { beat: '{"b":1}', cold: '{"c":1}' });
      await beat('a', { beat: '{"a":1}' });
      await beat('b', { beat: '{"b":2}' });
      const heardAt = expect.any(Number);
      expect(await hosts()).toEqual([
        { host: 'a', incarnation: 'a.1', beat: '{"a":1}', cold: '', heardAt },
        { host: 'b', incarnation: 'b.1', beat: '{"b":2}', cold: '{"c":1}', heardAt },
      ]);
    });

    it('shows whether the store still has the one before', async () => {
      expect(await beat('a', { number: 7 })).toMatchObject({ previous: 0 });
      expect(await beat('a', { number: 8 })).toMatchObject({ previous: 7 });
      expect(await beat('a', { number: 8 })).toMatchObject({ previous: 8 });
      await subject.flush();
      expect(await beat('a', { number: 9 })).toMatchObject({ previous: 0 });
    });

    it('that is carried out late tells nothing, because a newer one has', async () => {
      await beat('a', { number: 7, beat: 'new', cold: 'new' });
      expect(await beat('a', { number: 6, beat: 'old', cold: 'old' })).toMatchObject({ kind: 'ok' });
      expect(await beat('a', { number: 7, beat: 'old', cold: 'old' })).toMatchObject({ kind: 'ok' });
      expect(await hosts()).toMatchObject([{ beat: 'new', cold: 'new' }]);
    });

    it('is refused to a second process of one name', async () => {
      await beat('a');
      expect(await beat('a', { incarnation: 'a.2' })).toEqual({ kind: 'taken', by: 'a.1' });
      expect(await hosts()).toMatchObject([{ incarnation: 'a.1' }]);
    });

    it.each([
      ['was not heard of for long', 5_000],
      ['was heard of before the clock went back', -60_000],
    ])('takes the place of a process that %s, and of all it said', async (_, ageMs) => {
      await beat('a', { cold: '{"c":1}' });
      await subject.age(ageMs);
      expect(await beat('a', { incarnation: 'a.2' })).toMatchObject({ kind: 'ok' });
      expect(await hosts()).toMatchObject([{ incarnation: 'a.2', cold: '' }]);
    });
  });

  describe('a host', () => {
    it('that leaves is forgotten, unless another process has its name by now', async () => {
      await beat('a');
      await beat('b');
      await store.leave('a', 'a.0');
      await store.leave('nobody', 'n.1');
      expect((await hosts()).map(({ host }) => host)).toEqual(['a', 'b']);
      expect(await store.leave('a', 'a.1')).toEqual({ kind: 'ok' });
      expect((await hosts()).map(({ host }) => host)).toEqual(['b']);
      expect(await beat('a', { incarnation: 'a.2' })).toMatchObject({ kind: 'ok' });
    });

    it('is forgotten by the leader, unless it was heard of meanwhile', async () => {
      const term = { id: A.id, epoch: await lead() };
      await beat('b');
      const [heardAt] = (await hosts()).map((entry) => entry.heardAt);
      await store.forgetHost({ ...term, host: 'b', heardAt: (heardAt ?? 0) - 1 });
      await store.forgetHost({ ...term, epoch: 9, host: 'b', heardAt: heardAt ?? 0 });
      expect(await hosts()).toHaveLength(1);
      expect(await store.forgetHost({ ...term, host: 'b', heardAt: heardAt ?? 0 })).toEqual({ kind: 'ok' });
      expect(await hosts()).toEqual([]);
    });
  });

  describe('a write', () => {
    const post = (nonce: string, text = '{}') => store.post({ nonce, ttlMs: 4_000, text });

    it('is addressed to the term that is, and has a deadline', async () => {
      const epoch = await lead(A, { step: 5 });
      const answer = await acquire(B);
      expect(await post('n1', '{"ü":1}')).toEqual({ kind: 'ok', id: expect.any(String), epoch });
      const found = await store.inbox({ after: '0-0', limit: 10 });
      expect(found).toMatchObject({ kind: 'ok', value: [{ nonce: 'n1', epoch, text: '{"ü":1}' }] });
      const until = found.kind === 'ok' ? (found.value[0]?.until ?? 0) : 0;
      expect(until).toBeGreaterThanOrEqual((answer.kind === 'held' ? answer.time : NaN) + 4_000);
    });

    it('finds nobody when nobody leads', async () => {
      expect(await post('n1')).toEqual({ kind: 'leaderless' });
      await lead();
      await subject.age(TTL_MS);
      expect(await post('n1')).toEqual({ kind: 'leaderless' });
      expect(await waiting()).toEqual([]);
    });

    it('waits in the order in which it came', async () => {
      await lead();
      for (const nonce of ['n1', 'n2', 'n3']) await post(nonce);
      expect(await waiting()).toEqual(['n1', 'n2', 'n3']);
      const [first] = await store
        .inbox({ after: '0-0', limit: 1 })
        .then((found) => (found.kind === 'ok' ? found.value : []));
      expect(await waiting(first?.id, 1)).toEqual(['n2']);
    });

    it('is refused while too many wait', async () => {
      await lead();
      for (let n = 0; n < MAX_INBOX; n += 1) expect(await post(`n${n}`)).toMatchObject({ kind: 'ok' });
      expect(await post('one more')).toEqual({ kind: 'full' });
    });
  });

  describe('the answers', () => {
    it('are read from any one on', async () => {
      const epoch = await found();
      const answers = ['n1', 'n2', 'n3'].map((nonce) => ({ nonce, text: `for ${nonce}` }));
      await append(epoch, 11, { events: [], answers });
      const all = await store.answers({ after: '0-0', limit: 10 });
      const [first] = all.kind === 'ok' ? all.value : [];
      const rest = await store.answers({ after: first?.id ?? '', limit: 1 });
      expect(rest).toMatchObject({ kind: 'ok', value: [{ nonce: 'n2', text: 'for n2' }] });
    });
  });

  describe('the secret', () => {
    it('is the one that was shared first', async () => {
      expect(await store.shareSecret('one')).toEqual({ kind: 'ok', value: 'one' });
      expect(await store.shareSecret('two')).toEqual({ kind: 'ok', value: 'one' });
      await subject.flush();
      expect(await store.shareSecret('two')).toEqual({ kind: 'ok', value: 'two' });
    });
  });

  describe('the bell', () => {
    it('rings for everybody, until one has enough', async () => {
      const other = await subject.open();
      const heard: (Bell | null)[] = [];
      const end = other.onBell((bell) => heard.push(bell));
      const rings = async (bell: Bell, act: () => Promise<unknown>): Promise<void> => {
        await waitUntil(`the bell ${bell}`, async () => {
          await act();
          return heard.includes(bell);
        });
        heard.length = 0;
      };
      let seq = 10;
      await rings('lead', () => lead());
      const epoch = await lead();
      await rings('log', () => restore(epoch));
      await rings('log', () => append(epoch, (seq += 1), { command: seq }));
      await rings('inbox', () => store.post({ nonce: 'n', ttlMs: 1_000, text: '' }));
      await rings('hosts', () => beat('c', { cold: '{}' }));
      await rings('hosts', () => store.leave('c', 'c.1').then(() => beat('c')));
      await rings('lead', () => store.resign({ id: A.id, epoch }));
      end();
      heard.length = 0;
      await lead();
      const last: (Bell | null)[] = [];
      other.onBell((bell) => last.push(bell));
      await waitUntil('the bell', async () => {
        await lead();
        return last.includes('lead');
      });
      expect(heard).toEqual([]);
    });
  });

  describe('a store that lost everything', () => {
    it('begins anew, above what was seen', async () => {
      const epoch = await found();
      await subject.flush();
      expect(await append(epoch, 11)).toEqual({ kind: 'fenced', by: null });
      expect([await head(), await log(), await hosts()]).toEqual([null, '', []]);
      const next = await lead(B, { seen: epoch });
      expect(next).toBeGreaterThan(epoch);
      expect(await restore(next, { id: B.id, snapshot: snapshotAt('11-1') })).toEqual({
        kind: 'ok',
        seq: 12,
      });
      expect(await log()).toBe(`12-${next} founded`);
    });
  });
}

/** `100-7` is event 100 in term 7. */
function at(text: string): FleetPosition {
  const [seq = NaN, epoch = NaN] = text.split('-').map(Number);
  return { epoch, seq };
}

function snapshotAt(position: string): StoredSnapshot {
  return { position: at(position), level: 1, sha256: `sum of ${position}`, body: `body of ${position}` };
}
