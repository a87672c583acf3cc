/** What every store of a fleet promises about hosts, their writes, the secret and the bell. */
import { MAX_HOSTS } from '../../control-plane/domain/fleet-standing.js';
import { MAX_INBOX, MAX_LEFT, type Bell } from '../../control-plane/fleet/fleet-store.js';
import { A, B, TTL_MS, snapshotAt, fleetStoreCalls } from '../support/fleet/store-calls.js';
import { waitUntil } from '../support/wait-until.js';
import type { OpenedStore } from './fleet-store-subject.js';

export function fleetHostsContract(opened: OpenedStore): void {
  const { acquire, lead, restore, append, found, head, log, waiting, beat, hosts } = fleetStoreCalls(
    () => opened.store,
  );

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
      await opened.subject.age(TTL_MS + 10_000);
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
      await opened.subject.flush();
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

    it('is refused to one host more than a fleet may have, until there is room', async () => {
      const names = Array.from({ length: MAX_HOSTS }, (_, n) => `host-${n}`);
      for (const name of names) expect(await beat(name)).toMatchObject({ kind: 'ok' });
      expect(await beat('one-more')).toEqual({ kind: 'full' });
      expect((await hosts()).map(({ host }) => host)).toEqual(names.toSorted());
      expect(await beat('host-7')).toMatchObject({ kind: 'ok' });
      expect(await beat('host-7', { incarnation: 'host-7.2' })).toMatchObject({ kind: 'taken' });
      await opened.store.leave('host-7', 'host-7.1');
      expect(await beat('one-more')).toMatchObject({ kind: 'ok' });
      expect(await beat('host-7', { incarnation: 'host-7.2' })).toEqual({ kind: 'full' });
    });

    it.each([
      ['were not heard of for long', 5_000],
      ['were heard of before the clock went back', -60_000],
    ])('does not count hosts that %s', async (_, ageMs) => {
      const maxHosts = 2;
      for (const name of ['a', 'b']) await beat(name, { maxHosts });
      expect(await beat('c', { maxHosts })).toEqual({ kind: 'full' });
      await opened.subject.age(ageMs);
      for (const name of ['c', 'a']) expect(await beat(name, { maxHosts })).toMatchObject({ kind: 'ok' });
      expect(await beat('b', { maxHosts })).toEqual({ kind: 'full' });
    });

    it.each([
      ['was not heard of for long', 5_000],
      ['was heard of before the clock went back', -60_000],
    ])('takes the place of a process that %s, and of all it said', async (_, ageMs) => {
      await beat('a', { cold: '{"c":1}' });
      await opened.subject.age(ageMs);
      expect(await beat('a', { incarnation: 'a.2' })).toMatchObject({ kind: 'ok' });
      expect(await hosts()).toMatchObject([{ incarnation: 'a.2', cold: '' }]);
    });
  });

  describe('a host', () => {
    it('that leaves is forgotten, unless another process has its name by now', async () => {
      await beat('a');
      await beat('b');
      await opened.store.leave('a', 'a.0');
      await opened.store.leave('nobody', 'n.1');
      expect((await hosts()).map(({ host }) => host)).toEqual(['a', 'b']);
      expect(await opened.store.leave('a', 'a.1')).toEqual({ kind: 'ok' });
      expect((await hosts()).map(({ host }) => host)).toEqual(['b']);
      expect(await beat('a', { incarnation: 'a.2' })).toMatchObject({ kind: 'ok' });
    });

    it('that left is not there again by a beat of it that comes late', async () => {
      await beat('a');
      await opened.store.leave('a', 'a.1');
      expect(await beat('a', { cold: '{}' })).toMatchObject({ kind: 'ok' });
      expect(await hosts()).toEqual([]);
      await beat('a', { incarnation: 'a.2', beat: 'new' });
      await beat('a');
      await opened.subject.age(60_000);
      await beat('a');
      expect(await hosts()).toMatchObject([{ incarnation: 'a.2', beat: 'new' }]);
    });

    it('that left is remembered as long as not too many have left since', async () => {
      const leave = (n: number) => opened.store.leave(`h${n}`, `h${n}.1`);
      for (let n = 0; n < MAX_LEFT; n += 1) await leave(n);
      await beat('h0');
      expect(await hosts()).toEqual([]);
      await leave(0);
      await leave(MAX_LEFT);
      for (const host of ['h0', 'h1', 'h2']) await beat(host);
      expect((await hosts()).map(({ host }) => host)).toEqual(['h1']);
    });

    it('is forgotten by the leader, unless it was heard of meanwhile', async () => {
      const term = { id: A.id, epoch: await lead() };
      await beat('b');
      const [heardAt] = (await hosts()).map((entry) => entry.heardAt);
      await opened.store.forgetHost({ ...term, host: 'b', heardAt: (heardAt ?? 0) - 1 });
      await opened.store.forgetHost({ ...term, epoch: 9, host: 'b', heardAt: heardAt ?? 0 });
      expect(await hosts()).toHaveLength(1);
      expect(await opened.store.forgetHost({ ...term, host: 'b', heardAt: heardAt ?? 0 })).toEqual({
        kind: 'ok',
      });
      expect(await hosts()).toEqual([]);
    });
  });

  describe('a write', () => {
    const post = (nonce: string, text = '{}') => opened.store.post({ nonce, ttlMs: 4_000, text });

    it('is addressed to the term that is, and has a deadline', async () => {
      const epoch = await lead(A, { step: 5 });
      const answer = await acquire(B);
      expect(await post('n1', '{"ü":1}')).toEqual({ kind: 'ok', id: expect.any(String), epoch });
      const found = await opened.store.inbox({ after: '0-0', limit: 10 });
      expect(found).toMatchObject({ kind: 'ok', value: [{ nonce: 'n1', epoch, text: '{"ü":1}' }] });
      const until = found.kind === 'ok' ? (found.value[0]?.until ?? 0) : 0;
      expect(until).toBeGreaterThanOrEqual((answer.kind === 'held' ? answer.time : NaN) + 4_000);
    });

    it('finds nobody when nobody leads', async () => {
      expect(await post('n1')).toEqual({ kind: 'leaderless' });
      await lead();
      await opened.subject.age(TTL_MS);
      expect(await post('n1')).toEqual({ kind: 'leaderless' });
      expect(await waiting()).toEqual([]);
    });

    it('waits in the order in which it came', async () => {
      await lead();
      for (const nonce of ['n1', 'n2', 'n3']) await post(nonce);
      expect(await waiting()).toEqual(['n1', 'n2', 'n3']);
      const [first] = await opened.store
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
      const all = await opened.store.answers({ after: '0-0', limit: 10 });
      const [first] = all.kind === 'ok' ? all.value : [];
      const rest = await opened.store.answers({ after: first?.id ?? '', limit: 1 });
      expect(rest).toMatchObject({ kind: 'ok', value: [{ nonce: 'n2', text: 'for n2' }] });
    });
  });

  describe('the secret', () => {
    it('is the one that was shared first', async () => {
      expect(await opened.store.shareSecret('one')).toEqual({ kind: 'ok', value: 'one' });
      expect(await opened.store.shareSecret('two')).toEqual({ kind: 'ok', value: 'one' });
      await opened.subject.flush();
      expect(await opened.store.shareSecret('two')).toEqual({ kind: 'ok', value: 'two' });
    });
  });

  describe('the bell', () => {
    it('rings for everybody, until one has enough', async () => {
      const other = await opened.subject.open();
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
      await rings('inbox', () => opened.store.post({ nonce: 'n', ttlMs: 1_000, text: '' }));
      await rings('hosts', () => beat('c', { cold: '{}' }));
      await rings('hosts', () =>
        opened.store.leave('c', 'c.1').then(() => beat('c', { incarnation: 'c.2' })),
      );
      await rings('lead', () => opened.store.resign({ id: A.id, epoch }));
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
      await opened.subject.flush();
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
