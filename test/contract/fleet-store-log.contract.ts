/** What every store of a fleet promises about the lease, the log and its snapshot. */
import { A, B, TTL_MS, at, snapshotAt, fleetStoreCalls } from '../support/fleet/store-calls.js';
import type { OpenedStore } from './fleet-store-subject.js';

export function fleetLogContract(opened: OpenedStore): void {
  const { acquire, lead, restore, append, found, head, log, waiting } = fleetStoreCalls(() => opened.store);

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
      await opened.subject.age(TTL_MS);
      expect(await lead(B, { step: 7 })).toBe(8);
    });

    it('goes to another when its end is further off than it can last: the clock went back', async () => {
      await lead();
      await opened.subject.age(-3_600_000);
      expect(await lead(B)).toBe(2);
    });

    it('begins a new epoch for the one who has it', async () => {
      expect([await lead(), await lead()]).toEqual([1, 2]);
      expect(await opened.store.renew({ id: A.id, epoch: 1, ttlMs: TTL_MS })).toEqual({
        kind: 'fenced',
        by: A.id,
      });
    });

    it('begins an epoch above all that the candidate has seen', async () => {
      expect(await lead(A, { seen: 2 ** 50, step: 3 })).toBe(2 ** 50 + 3);
    });

    it('begins an epoch above the log, though the lease is gone', async () => {
      const epoch = await lead(A, { step: 100 });
      await restore(epoch);
      await opened.subject.age(TTL_MS);
      expect(await lead(B)).toBe(101);
    });

    it('lasts longer when it is renewed', async () => {
      const term = { id: A.id, epoch: await lead() };
      await opened.subject.age(TTL_MS - 20_000);
      expect(await opened.store.renew({ ...term, ttlMs: TTL_MS })).toEqual({
        kind: 'ok',
        time: expect.any(Number),
      });
      await opened.subject.age(TTL_MS - 20_000);
      expect(await acquire(B)).toMatchObject({ kind: 'held' });
    });

    it('is not renewed once it is over', async () => {
      const term = { id: A.id, epoch: await lead() };
      await opened.subject.age(TTL_MS);
      expect(await opened.store.renew({ ...term, ttlMs: TTL_MS })).toEqual({ kind: 'fenced', by: null });
      await lead(B);
      expect(await opened.store.renew({ ...term, ttlMs: TTL_MS })).toEqual({ kind: 'fenced', by: B.id });
    });

    it('is free at once when its holder resigns, and only then', async () => {
      const term = { id: A.id, epoch: await lead() };
      await opened.store.resign({ ...term, epoch: 9 });
      await opened.store.resign({ ...term, id: B.id });
      expect(await acquire(B)).toMatchObject({ kind: 'held' });
      expect(await opened.store.resign(term)).toEqual({ kind: 'ok' });
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
        level: 1,
      });
      expect(await log()).toBe('11-1 founded');
      expect(await opened.store.snapshot()).toEqual({ kind: 'ok', value: snapshotAt('10-0') });
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

    it('has the secret that comes with it, in the place of another', async () => {
      const epoch = await found();
      const secret = (): Promise<unknown> => opened.store.shareSecret('new');
      expect(await secret()).toEqual({ kind: 'ok', value: 'new' });
      await restore(epoch, { head: at('11-1'), snapshot: snapshotAt('20-1') });
      expect(await secret()).toEqual({ kind: 'ok', value: 'new' });
      await restore(epoch, { head: at('21-1'), snapshot: snapshotAt('30-1'), secret: 'old' });
      expect(await secret()).toEqual({ kind: 'ok', value: 'old' });
      await restore(epoch + 1, { head: at('31-1'), snapshot: snapshotAt('40-1'), secret: 'foreign' });
      expect(await secret()).toEqual({ kind: 'ok', value: 'old' });
    });

    it('has the events again that a leader puts back with its state', async () => {
      await found();
      const epoch = await lead();
      const tail = [
        { position: at('19-3'), text: 'nineteen' },
        { position: at('20-5'), text: 'twenty' },
      ];
      const brought = { head: at('11-1'), snapshot: snapshotAt('20-5'), tail, event: 'restored' };
      expect(await restore(epoch, brought)).toEqual({ kind: 'ok', seq: 21 });
      expect(await log()).toBe(`19-3 nineteen, 20-5 twenty, 21-${epoch} restored`);
      expect(await head()).toMatchObject({ epoch, seq: 21, first: 19, base: at('20-5'), snapshot: 20 });
      expect(await append(epoch, 21)).toEqual({ kind: 'ok', seq: 22 });
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
      await opened.subject.age(TTL_MS);
      expect(await restore(1)).toEqual({ kind: 'fenced', by: null });
    });

    it('empties the inbox', async () => {
      const epoch = await found();
      await opened.store.post({ nonce: 'n1', ttlMs: 1_000, text: '{}' });
      await restore(epoch, { head: at('11-1'), snapshot: snapshotAt('20-1') });
      expect(await waiting()).toEqual([]);
    });

    it('takes an entry away that is after the end of the log', async () => {
      await opened.subject.stray(at('500-9'), false);
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
      await opened.subject.age(TTL_MS);
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
      await opened.subject.age(TTL_MS);
      expect(await append(epoch, 11)).toEqual({ kind: 'fenced', by: null });
      await lead(B);
      expect(await append(epoch, 11)).toEqual({ kind: 'fenced', by: B.id });
      expect(await log()).toBe('11-1 founded');
    });

    it('is refused after its deadline', async () => {
      const epoch = await lead();
      const renewed = await opened.store.renew({ id: A.id, epoch, ttlMs: TTL_MS });
      const now = renewed.kind === 'ok' ? renewed.time : NaN;
      await restore(epoch);
      expect(await append(epoch, 11, { notAfter: now - 60_000 })).toEqual({ kind: 'late' });
      expect(await log()).toBe('11-1 founded');
      expect(await append(epoch, 11, { notAfter: now + 60_000 })).toEqual({ kind: 'ok', seq: 12 });
    });

    it('stores answers and takes what they answer from the inbox', async () => {
      const epoch = await found();
      for (const nonce of ['n1', 'n2', 'n3']) await opened.store.post({ nonce, ttlMs: 1_000, text: '{}' });
      const inbox = await opened.store.inbox({ after: '0-0', limit: 2 });
      const cursor = inbox.kind === 'ok' ? (inbox.value.at(-1)?.id ?? '') : '';
      const answers = [
        { nonce: 'n1', text: 'accepted' },
        { nonce: 'n2', text: 'rejected' },
      ];
      expect(await append(epoch, 11, { inbox: cursor, answers })).toMatchObject({ kind: 'ok' });
      expect(await waiting()).toEqual(['n3']);
      const stored = await opened.store.answers({ after: '0-0', limit: 10 });
      expect(stored).toEqual({
        kind: 'ok',
        value: answers.map((answer) => ({ ...answer, id: expect.any(String) })),
      });
    });

    it('goes on in spite of entries after the end of the log, and takes them away', async () => {
      const epoch = await found();
      await opened.subject.stray(at('12-1'), false);
      await opened.subject.stray(at('900-5'), false);
      expect(await append(epoch, 11, { events: ['one', 'two'] })).toEqual({ kind: 'ok', seq: 13 });
      expect(await append(epoch, 13, { command: 3 })).toEqual({ kind: 'ok', seq: 14 });
      expect(await log()).toBe('11-1 founded, 12-1 one, 13-1 two, 14-1 one');
    });

    it.each(['11-9', '12-1', '900-5'])(
      'goes on in spite of %s, which was there and was removed',
      async (stray) => {
        const epoch = await found();
        await opened.subject.stray(at(stray), true);
        expect(await append(epoch, 11)).toEqual({ kind: 'ok', seq: 12 });
        expect(await log()).toBe('11-1 founded, 12-1 one');
      },
    );

    it('goes on in spite of an entry that has the number of the last one', async () => {
      const epoch = await found();
      await opened.subject.stray(at('11-9'), false);
      await opened.subject.stray(at('12-0'), false);
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
      expect([await head(), await log(), await opened.store.snapshot()]).toEqual([
        null,
        '',
        { kind: 'ok', value: null },
      ]);
    });
  });

  describe('a snapshot', () => {
    const save = (epoch: number, position: string, keepFrom: number) =>
      opened.store.saveSnapshot({ id: A.id, epoch, snapshot: snapshotAt(position), keepFrom });

    it('takes the place of an older one, and lets events be forgotten', async () => {
      const epoch = await found();
      await append(epoch, 11, { events: ['a', 'b', 'c'] });
      expect(await save(epoch, '13-1', 12)).toEqual({ kind: 'ok' });
      expect(await opened.store.snapshot()).toEqual({ kind: 'ok', value: snapshotAt('13-1') });
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
}
