/** What Redis answers to the scripts of a fleet, read as untrusted: another release, or another program, may have written there. */
import type {
  Head,
  HostEntry,
  InboxEntry,
  Lease,
  LogEntry,
  StoredAnswer,
  StoredSnapshot,
} from './fleet-store.js';

/** The answer has not the form that the script gives. */
export class UnexpectedAnswer extends Error {
  constructor(what: string) {
    super(`Redis has something unexpected: ${what}`);
    this.name = 'UnexpectedAnswer';
  }
}

export function listIn(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new UnexpectedAnswer(what);
  return value;
}

export function textIn(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new UnexpectedAnswer(what);
  return value;
}

/** A whole number that is not negative; numbers in hashes are text. */
export function countIn(value: unknown, what: string): number {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 0) {
    throw new UnexpectedAnswer(what);
  }
  return number;
}

/** As `countIn`, for what may be in the past. */
export function numberIn(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new UnexpectedAnswer(what);
}

/** @param fields id host epoch until */
export function leaseIn(fields: readonly unknown[], now: number): Lease | null {
  const [id, host, epoch, until] = fields;
  if (id === null || id === undefined) return null;
  return {
    id: textIn(id, 'id of the lease'),
    host: textIn(host, 'host of the lease'),
    epoch: countIn(epoch, 'epoch of the lease'),
    leftMs: countIn(until, 'end of the lease') - now,
  };
}

/** @param fields epoch seq cmd first base snap level */
export function headIn(fields: readonly unknown[]): Head | null {
  const [epoch, seq, command, first, base, snapshot, level] = fields;
  if (seq === null || seq === undefined) return null;
  return {
    epoch: countIn(epoch, 'epoch of the head'),
    seq: countIn(seq, 'seq of the head'),
    command: countIn(command, 'command of the head'),
    first: countIn(first, 'first event'),
    base: positionIn(textIn(base, 'base of the history'), ' '),
    snapshot: countIn(snapshot, 'seq of the snapshot'),
    level: countIn(level, 'level of the formats'),
  };
}

function positionIn(text: string, between: string) {
  const [one = '', two = ''] = text.split(between);
  return { epoch: countIn(one, 'epoch of a position'), seq: countIn(two, 'seq of a position') };
}

/** @param fields epoch seq level sha body */
export function snapshotIn(fields: readonly unknown[]): StoredSnapshot | null {
  const [epoch, seq, level, sha256, body] = fields;
  if (body === null || body === undefined) return null;
  return {
    position: { epoch: countIn(epoch, 'epoch of the snapshot'), seq: countIn(seq, 'seq of the snapshot') },
    level: countIn(level, 'level of the snapshot'),
    sha256: textIn(sha256, 'hash of the snapshot'),
    body: textIn(body, 'body of the snapshot'),
  };
}

/** Entries of a stream: id and fields. */
function entriesIn(
  value: unknown,
  what: string,
): readonly (readonly [string, ReadonlyMap<string, string>])[] {
  return listIn(value, what).map((entry) => {
    const [id, fields] = listIn(entry, what);
    const flat = listIn(fields, what);
    const byName = new Map<string, string>();
    for (let index = 0; index + 1 < flat.length; index += 2) {
      byName.set(textIn(flat[index], what), textIn(flat[index + 1], what));
    }
    return [textIn(id, what), byName] as const;
  });
}

export function logIn(value: unknown): readonly LogEntry[] {
  return entriesIn(value, 'the log').map(([id, fields]) => {
    const { epoch: seq, seq: epoch } = positionIn(id, '-');
    return { position: { epoch, seq }, text: textIn(fields.get('e'), 'an event in the log') };
  });
}

/**
 * An entry in another form counts as a write of a term that is over, under a name that nobody waits for. So it is answered and goes:
 * if it could not be read, nothing behind it could be, either, and no host could change anything through the leader.
 */
export function inboxIn(value: unknown): readonly InboxEntry[] {
  return entriesIn(value, 'the inbox').map(([id, fields]) => {
    try {
      return {
        id,
        nonce: textIn(fields.get('n'), 'nonce of a write'),
        epoch: countIn(fields.get('epoch'), 'epoch of a write'),
        until: countIn(fields.get('until'), 'deadline of a write'),
        text: textIn(fields.get('j'), 'text of a write'),
      };
    } catch {
      return { id, nonce: id, epoch: 0, until: 0, text: '' };
    }
  });
}

/** An answer in another form is one that nobody waits for: it goes when the oldest are forgotten. */
export function answersIn(value: unknown): readonly StoredAnswer[] {
  return entriesIn(value, 'the answers').map(([id, fields]) => ({
    id,
    nonce: fields.get('n') ?? id,
    text: fields.get('r') ?? '',
  }));
}

/** In the order of their names. */
export function hostsIn(value: unknown): readonly HostEntry[] {
  const hosts = listIn(value, 'the hosts').map((entry): HostEntry => {
    const [host, heardAt, incarnation, beat, cold] = listIn(entry, 'a host');
    return {
      host: textIn(host, 'name of a host'),
      heardAt: numberIn(heardAt, 'time of a beat'),
      incarnation: textIn(incarnation, 'incarnation of a host'),
      beat: textIn(beat, 'beat of a host'),
      cold: textIn(cold, 'report of a host'),
    };
  });
  return hosts.toSorted((a, b) => (a.host < b.host ? -1 : 1));
}
