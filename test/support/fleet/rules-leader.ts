/** What a simulated host does that asks for the lease and leads: it restores what was lost, carries out writes and renews. */
import { foundedAt, type FleetStanding } from '../../../control-plane/domain/fleet-standing.js';
import { afterAppend, afterLook, type AppendVerdict } from '../../../control-plane/fleet/append-answer.js';
import {
  type AnswerEntry,
  type FleetPosition,
  type InboxEntry,
  type LogEntry,
  NO_ENTRY,
  type Term,
} from '../../../control-plane/fleet/fleet-store.js';
import { ask, find, wait, type Activity } from './activity.js';
import { follow } from './rules-follower.js';
import type { ActingHost, Knowledge, Leading } from './rules-fleet.js';
import type { MadeEvent } from './rules-ledger.js';

interface Batch {
  readonly events: readonly string[];
  readonly answers: readonly AnswerEntry[];
  readonly inbox: string;
  readonly notAfter: number;
}

const MAX_ROUNDS = 6;

/** Asks for the lease, and leads if it is given. */
export function* standAsLeader(host: ActingHost, delayMs: number): Activity {
  const { fleet } = host;
  const { times } = fleet;
  fleet.watchElection(host);
  const { since } = host.contact;
  yield* wait(delayMs);
  if (host.lead !== null) return;
  const sentAt = host.now();
  host.askedAt = sentAt;
  const seen = Math.max(host.seen, host.knowledge?.standing.epoch ?? 0);
  const step = host.has('takes-the-next-epoch') ? 1 : fleet.chance.between(1, 2 ** 20);
  const options = { id: host.id, host: host.name, ttlMs: times.leaseMs, seen, step };
  const answer = yield* ask((store) => store.acquire(options));
  if (answer.kind !== 'leads') return;
  fleet.tell(host.name, 'has the lease', answer.epoch);
  host.seen = Math.max(host.seen, answer.epoch);
  yield* host.beat();
  if (host.contact.since !== since && !host.has('leads-in-spite-of-loss')) {
    fleet.count('leases given back');
    fleet.tell(host.name, 'gives it back');
    yield* ask((store) => store.resign({ id: host.id, epoch: answer.epoch }));
    return;
  }
  yield* takeLead(host, { id: host.id, epoch: answer.epoch }, sentAt + times.leaseMs);
}

function* takeLead(host: ActingHost, term: Term, validUntil: number): Activity {
  const { disturbances, chance } = host.fleet;
  for (let round = 0; round < MAX_ROUNDS && isValid(host, validUntil); round += 1) {
    const found = yield* find((store) => store.head());
    if (found.kind !== 'ok') return;
    const head = found.value;
    const place = host.placeOf(head);
    if (place === 'at-head' && head !== null && host.knowledge !== null) {
      const { epoch, seq } = head;
      const inbox = NO_ENTRY;
      const lead: Leading = { ...term, validUntil, stored: { epoch, seq }, command: 1, inbox, disturbances };
      begin(host, lead);
      if (host.lead !== lead) return;
      const events = [made(host, null)];
      yield* append(host, lead, { events, answers: [], inbox, notAfter: Infinity });
      return;
    }
    if (place !== 'ahead' && place !== 'nowhere') {
      yield* follow(host);
      continue;
    }
    const own = host.knowledge ?? { standing: founded(host, term), entries: [] };
    const { epoch, seq } = own.standing;
    const body = `snapshot ${host.fleet.number()}`;
    host.fleet.snapshots.set(body, own);
    const event = made(host, null);
    const options = {
      ...term,
      head: head && { epoch: head.epoch, seq: head.seq },
      snapshot: { position: { epoch, seq }, level: 1, sha256: '', body },
      tail: chance.happens(0.5) ? lastOf(own, chance.between(1, 6)) : [],
      command: 1,
      event,
    };
    const answer = yield* ask((store) => store.restore(options));
    if (answer.kind === 'present') continue;
    if (answer.kind !== 'ok') return;
    host.fleet.count('histories restored');
    host.fleet.tell(host.name, 'restored', seq + 1, term.epoch);
    const stored = { epoch: term.epoch, seq: seq + 1 };
    host.apply([{ position: stored, text: event }], own);
    begin(host, { ...term, validUntil, stored, command: 2, inbox: NO_ENTRY, disturbances });
    return;
  }
}

/** The last events that a host knows, as the log has them. */
function lastOf({ entries }: Knowledge, length: number): readonly LogEntry[] {
  return entries.slice(-length).map(({ epoch, seq, text }) => ({ position: { epoch, seq }, text }));
}

/** Where a history begins that the host founds, after some of its own. */
function founded(host: ActingHost, { epoch }: Term): FleetStanding {
  return { ...foundedAt(host.fleet.chance.between(0, 50), 0, 0), epoch };
}

function begin(host: ActingHost, lead: Leading): void {
  if (!isValid(host, lead.validUntil)) return;
  host.fleet.watchLeader(host);
  host.lead = lead;
  host.run(renews(host, lead));
  host.run(serves(host, lead));
}

function isValid(host: ActingHost, validUntil: number): boolean {
  return host.now() <= validUntil - host.fleet.times.leaseMarginMs;
}

/** Whether this term goes on. It ends where the lease may be over before the store hears of anything. */
function leads(host: ActingHost, lead: Leading): boolean {
  if (host.lead !== lead) return false;
  if (isValid(host, lead.validUntil)) return true;
  host.depose('the lease is over');
  return false;
}

function* renews(host: ActingHost, lead: Leading): Activity {
  const { times, chance } = host.fleet;
  while (leads(host, lead)) {
    const sentAt = host.now();
    const { id, epoch } = lead;
    const { disturbances } = host.fleet;
    const answer = yield* ask((store) => store.renew({ id, epoch, ttlMs: times.leaseMs }));
    if (host.lead !== lead) return;
    if (answer.kind === 'fenced') host.depose('fenced when it renews');
    if (answer.kind === 'ok') {
      lead.validUntil = Math.max(lead.validUntil, sentAt + times.leaseMs);
      lead.disturbances = disturbances;
    }
    yield* wait(times.renewEveryMs + chance.between(-150, 150));
  }
}

function* serves(host: ActingHost, lead: Leading): Activity {
  const { fleet } = host;
  const { chance } = fleet;
  let expired: readonly AnswerEntry[] = [];
  while (leads(host, lead)) {
    yield* wait(chance.between(5, 250));
    if (!leads(host, lead)) return;
    // The first append of the term is still under way.
    if (lead.stored.epoch !== lead.epoch) continue;
    const { inbox: after } = lead;
    const found = yield* find((store) => store.inbox({ after, limit: chance.between(1, 4) }));
    const entries = found.kind === 'ok' ? found.value : [];
    const own = fleet.isBusy && entries.length === 0 && chance.happens(0.2) ? `n${fleet.number()}` : null;
    const batch = decide(host, lead, entries, own, expired);
    if (batch === null) continue;
    const end = yield* append(host, lead, batch);
    if (end === 'done' && own !== null) fleet.ledger.wasTold(own, 'accepted', host.link.server);
    fleet.count(`appends ${end}`);
    if (end === 'void') expired = [...expired, ...voided(batch, lead)];
    if (end === 'done') expired = [];
    if (end === 'done' && chance.happens(0.1)) yield* saveSnapshot(host, lead);
  }
}

/** Answers of a batch that came too late: nobody carries it out any more. */
function voided({ answers, inbox }: Batch, lead: Leading): readonly AnswerEntry[] {
  lead.inbox = inbox;
  return answers.map(({ nonce, text }) => ({ nonce, text: text === 'accepted' ? 'expired' : text }));
}

function decide(
  host: ActingHost,
  lead: Leading,
  entries: readonly InboxEntry[],
  own: string | null,
  expired: readonly AnswerEntry[],
): Batch | null {
  const { fleet } = host;
  const { chance } = fleet;
  const events = own === null ? [] : [made(host, own)];
  const answers = [...expired];
  const rejects = chance.happens(0.3);
  let notAfter = Infinity;
  for (const { nonce, epoch, until } of entries) {
    const isOurs = epoch === lead.epoch || host.has('carries-out-any-term');
    const answer = !isOurs
      ? 'moved'
      : host.storeTime() > until
        ? 'expired'
        : chance.happens(rejects ? 1 : 0.1)
          ? 'rejected'
          : 'accepted';
    answers.push({ nonce, text: answer });
    if (answer !== 'accepted') continue;
    notAfter = Math.min(notAfter, until);
    for (let n = chance.between(1, 3); n > 0; n -= 1) events.push(made(host, n === 1 ? nonce : null, until));
  }
  const isIdle = events.length === 0 && answers.length === 0;
  if (isIdle && !(fleet.isBusy && chance.happens(0.2))) return null;
  if (isIdle) events.push(made(host, null));
  return { events, answers, notAfter, inbox: entries.at(-1)?.id ?? lead.inbox };
}

function made(host: ActingHost, nonce: string | null, until = Infinity): string {
  const { fleet } = host;
  const at = Math.max(host.storeTime(), host.last()?.at ?? 0);
  const event: MadeEvent = { text: String(fleet.number()), at, nonce, until };
  fleet.ledger.made.set(event.text, event);
  return event.text;
}

function* append(host: ActingHost, lead: Leading, batch: Batch): Activity<'done' | 'void' | 'over'> {
  const { fleet } = host;
  lead.command += 1;
  const { stored: after, command, id, epoch } = lead;
  const { events, answers, inbox, notAfter } = batch;
  const options = { id, epoch, expectedSeq: after.seq, command, inbox, notAfter, events, answers };
  const isForgetful = host.has('voids-a-repeated-batch');
  for (let isRepeated = false; leads(host, lead); isRepeated = !isForgetful) {
    const pending = { epoch, after, command, isRepeated };
    const answer = yield* ask((store) => store.append(options));
    let verdict: AppendVerdict = afterAppend(pending, answer);
    while (verdict.kind === 'look' && leads(host, lead)) {
      if (host.has('forgets-that-it-sent')) return 'void';
      const found = yield* find((store) => store.head());
      verdict = afterLook(pending, found);
      if (verdict.kind === 'look') yield* wait(100);
    }
    if (host.lead !== lead) return 'over';
    if (verdict.kind === 'void') return 'void';
    if (verdict.kind === 'done') {
      if (answer.kind !== 'ok') fleet.count('appends found to be done');
      const entries = events.map((text, index) => ({
        position: { epoch, seq: after.seq + 1 + index },
        text,
      }));
      lead.stored = entries.at(-1)?.position ?? after;
      lead.inbox = inbox;
      if (entries.length > 0) host.apply(entries);
      return 'done';
    }
    if (verdict.kind !== 'term-over') continue;
    fleet.count(`terms over: ${verdict.end}`);
    const isAgain = host.has('appends-its-tail-again') && answer.kind === 'conflict';
    if (isAgain && (yield* appendTail(host, lead, answer.head))) return 'void';
    fleet.tell(host.name, 'append', JSON.stringify(answer));
    host.depose(verdict.end);
  }
  return 'over';
}

/** What must not be done: the leader's events again, in the same term, after the store lost them. */
function* appendTail(host: ActingHost, lead: Leading, head: FleetPosition): Activity<boolean> {
  const tail = (host.knowledge?.entries ?? []).filter(({ seq }) => seq > head.seq);
  if (tail.length === 0 || tail.some(({ epoch }) => epoch !== lead.epoch)) return false;
  const { id, epoch, command, inbox } = lead;
  const events = tail.map(({ text }) => text);
  const options = {
    id,
    epoch,
    expectedSeq: head.seq,
    command,
    inbox,
    notAfter: Infinity,
    events,
    answers: [],
  };
  const answer = yield* ask((store) => store.append(options));
  return answer.kind === 'ok';
}

function* saveSnapshot(host: ActingHost, lead: Leading): Activity {
  const { knowledge, fleet } = host;
  if (knowledge === null) return;
  const { epoch, seq } = knowledge.standing;
  const body = `snapshot ${fleet.number()}`;
  fleet.snapshots.set(body, knowledge);
  const snapshot = { position: { epoch, seq }, level: 1, sha256: '', body };
  const keepFrom = seq - fleet.chance.between(0, 20);
  yield* ask((store) => store.saveSnapshot({ id: lead.id, epoch: lead.epoch, snapshot, keepFrom }));
}
