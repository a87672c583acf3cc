/** What a simulated host does to know what the log knows, by the plans of `follow-plan.ts`. */
import { contactAtPlace } from '../../../control-plane/fleet/contact.js';
import type { Head } from '../../../control-plane/fleet/fleet-store.js';
import {
  planAdoption,
  planFollow,
  type EntriesRead,
  type FollowPlan,
} from '../../../control-plane/fleet/follow-plan.js';
import { find, type Activity } from './activity.js';
import type { ActingHost } from './rules-fleet.js';

/** Small, so that pages cut batches. */
const PAGE = 3;
const MAX_ROUNDS = 100;

/** Goes to where the log ends, as far as it can. */
export function* follow(host: ActingHost): Activity {
  let head = null as Head | null;
  let read = null as EntriesRead | null;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    if (read === null) {
      const found = yield* find((store) => store.head());
      if (found.kind !== 'ok') return;
      head = found.value;
    }
    if (host.lead !== null) return;
    const own = host.knowledge?.standing ?? null;
    const plan = planOf(host, head, read);
    if (plan.kind === 'up-to-date' || plan.kind === 'ahead') return;
    if (plan.kind === 'adopt') {
      yield* adopt(host);
      return;
    }
    if (plan.kind === 'follow') {
      host.apply(plan.entries);
      host.fleet.count('follows');
      read = null;
      continue;
    }
    const page: EntriesRead | null = yield* readPage(plan.from);
    if (page === null) return;
    if (host.has('shows-pages') && page.entries[0]?.position.seq === own?.seq) {
      host.apply(page.entries.slice(1));
    }
    read = host.knowledge?.standing === own ? joined(read, page) : null;
  }
}

function planOf(host: ActingHost, head: Head | null, read: EntriesRead | null): FollowPlan {
  const own = host.knowledge?.standing ?? null;
  const place = host.placeOf(head);
  host.contact = contactAtPlace(host.contact, host.now(), place);
  if (place === 'ahead') return { kind: 'ahead' };
  if (place === 'apart' && own !== null) return { kind: 'adopt' };
  const plan = planFollow({ own, head, read });
  if (plan.kind === 'adopt' && host.has('compares-no-own-entry') && read !== null && own !== null) {
    const entries = read.entries.filter(({ position }) => position.seq > own.seq);
    return entries.length === 0 ? { kind: 'up-to-date' } : { kind: 'follow', entries };
  }
  return plan;
}

function* adopt(host: ActingHost): Activity {
  const { fleet } = host;
  const found = yield* find((store) => store.snapshot());
  if (found.kind !== 'ok') return;
  const snapshot = found.value;
  let read = null as EntriesRead | null;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const answer = yield* find((store) => store.head());
    if (answer.kind !== 'ok' || host.lead !== null) return;
    const own = host.has('gives-up-when-ahead') ? null : (host.knowledge?.standing ?? null);
    const plan = planAdoption({ own, snapshot, read, head: answer.value });
    if (plan.kind === 'look-again') return;
    if (plan.kind === 'adopt') {
      const base = fleet.snapshots.get(snapshot?.body ?? '');
      if (base === undefined) throw new Error('a snapshot that nobody made');
      const before = host.knowledge?.standing;
      host.apply(plan.entries, base);
      fleet.count('snapshots adopted');
      fleet.tell(host.name, 'adopts', answer.value?.seq, answer.value?.epoch);
      const after = host.knowledge?.standing;
      if (before !== undefined && after !== undefined) fleet.ledger.checkAdopted(before, after);
      return;
    }
    const page: EntriesRead | null = yield* readPage(plan.from);
    if (page === null) return;
    read = joined(read, page);
  }
}

function* readPage(from: number): Activity<EntriesRead | null> {
  const found = yield* find((store) => store.read({ from, limit: PAGE }));
  return found.kind === 'ok' ? { entries: found.value, isEnd: found.value.length < PAGE } : null;
}

function joined(read: EntriesRead | null, page: EntriesRead): EntriesRead {
  return { entries: [...(read?.entries ?? []), ...page.entries], isEnd: page.isEnd };
}
