import {
  afterAppend,
  afterBeat,
  afterLook,
  type AppendVerdict,
  type PendingAppend,
} from '../../../../control-plane/fleet/append-answer.js';
import type { Appended, Found, Head, Lease } from '../../../../control-plane/fleet/fleet-store.js';

const pending: PendingAppend = { epoch: 7, after: { epoch: 5, seq: 100 }, command: 12, isRepeated: false };

function said(verdict: AppendVerdict): string {
  return verdict.kind === 'term-over' ? `over: ${verdict.end}` : verdict.kind;
}

function conflict(epoch: number, seq: number, command: number): Appended {
  return { kind: 'conflict', head: { epoch, seq }, command };
}

function headAt(epoch: number, seq: number, command: number): Head {
  return { epoch, seq, command, first: 1, base: { epoch: 0, seq: 0 }, snapshot: 0, level: 1 };
}

describe('an answer to an append', () => {
  it.each<[Appended, string, string]>([
    [{ kind: 'ok', seq: 103 }, 'done', 'done'],
    [conflict(7, 103, 12), 'done', 'done'],
    [conflict(7, 103, 13), 'done', 'done'],
    [conflict(7, 103, 11), 'over: changed', 'over: changed'],
    [conflict(9, 103, 12), 'over: changed', 'over: changed'],
    [conflict(5, 98, 40), 'over: changed', 'over: changed'],
    [{ kind: 'lost' }, 'over: lost', 'over: lost'],
    [{ kind: 'fenced', by: null }, 'over: fenced', 'over: fenced'],
    [{ kind: 'fenced', by: 'b.1' }, 'over: fenced', 'over: fenced'],
    [{ kind: 'late' }, 'void', 'over: late'],
    [{ kind: 'unavailable', reason: 'timeout' }, 'look', 'look'],
  ])('%j means: %s; of a repeated one: %s', (answer, once, repeated) => {
    expect(said(afterAppend(pending, answer))).toBe(once);
    expect(said(afterAppend({ ...pending, isRepeated: true }, answer))).toBe(repeated);
  });
});

describe('a look at the head after an unknown outcome', () => {
  it.each<[string, Found<Head | null>, string]>([
    ['has the batch', { kind: 'ok', value: headAt(7, 103, 12) }, 'done'],
    ['has no batch', { kind: 'ok', value: headAt(5, 100, 40) }, 'again'],
    ['has less than was known', { kind: 'ok', value: headAt(5, 99, 39) }, 'over: changed'],
    ['has another history', { kind: 'ok', value: headAt(6, 100, 1) }, 'over: changed'],
    ['has another leader', { kind: 'ok', value: headAt(9, 103, 1) }, 'over: changed'],
    ['has no log', { kind: 'ok', value: null }, 'over: lost'],
    ['is not answered', { kind: 'unavailable', reason: 'timeout' }, 'look'],
  ])('that %s', (_, found, expected) => {
    expect(said(afterLook(pending, found))).toBe(expected);
  });

  it('lets a batch be sent again that goes on from one of the same term', () => {
    const next = { ...pending, after: { epoch: 7, seq: 100 } };
    expect(said(afterLook(next, { kind: 'ok', value: headAt(7, 100, 11) }))).toBe('again');
    expect(said(afterLook(next, { kind: 'ok', value: headAt(7, 100, 12) }))).toBe('done');
  });
});

describe('a beat of the leader', () => {
  const sight = { id: 'a.1', epoch: 7, stored: { epoch: 7, seq: 100 } };
  const lease: Lease = { id: 'a.1', host: 'a', epoch: 7, leftMs: 3_000 };

  it.each<[string, Lease | null, Head | null, string | null]>([
    ['shows what it knows', lease, headAt(7, 100, 12), null],
    ['shows an append under way', lease, headAt(7, 104, 13), null],
    ['shows another leader', { ...lease, id: 'b.1' }, headAt(7, 100, 12), 'fenced'],
    ['shows another term of its own', { ...lease, epoch: 9 }, headAt(7, 100, 12), 'fenced'],
    ['shows no lease', null, headAt(7, 100, 12), 'fenced'],
    ['shows no log', lease, null, 'lost'],
    ['shows less than it stored', lease, headAt(7, 99, 11), 'changed'],
    ['shows another history', lease, headAt(6, 100, 11), 'changed'],
  ])('that %s', (_, seen, head, expected) => {
    expect(afterBeat(sight, seen, head)).toBe(expected);
  });
});
