/** The store of a fleet in a real Redis, and the hands that reach into it, to be tried beside the model. */
import type { FleetStore } from '../../../control-plane/fleet/fleet-store.js';
import type { RedisServer } from '../redis-server.js';
import type { TriedStore } from './store-steps.js';

const key = (name: string): string => `tidegate:{test}:${name}`;
const PARTS = { lease: 'lease', head: 'head', log: 'log', snapshot: 'snap' } as const;

/** What reaches into it beside its clients. */
export function redisHands(server: RedisServer): Pick<TriedStore, 'age' | 'flush' | 'remove' | 'stray'> {
  return {
    age: (ms) => age(server, ms),
    flush: async () => void (await server.command('FLUSHALL')),
    remove: async (part) => void (await server.command('DEL', key(PARTS[part]))),
    stray: async ({ epoch, seq }, isRemoved) => {
      const id = `${seq}-${epoch}`;
      await forgetRemoved(server);
      // The stream takes nothing before its end.
      const isTaken = await server.command('XADD', key('log'), id, 'e', 'stray').catch(() => null);
      if (isTaken !== null && isRemoved) await server.command('XDEL', key('log'), id);
    },
  };
}

export function redisTried(server: RedisServer, store: FleetStore): TriedStore {
  return { ...redisHands(server), store, now: () => Date.now(), content: () => contentOf(server) };
}

/** Everything that has a time gets so much older. Deadlines in the inbox cannot be reached. */
async function age(server: RedisServer, ms: number): Promise<void> {
  const until = await server.command('HGET', key('lease'), 'until');
  if (typeof until === 'string' && until !== '0') {
    await server.command('HINCRBY', key('lease'), 'until', -ms);
  }
  for (const host of await texts(server, 'ZRANGE', key('hosts'), '0', '-1')) {
    await server.command('ZINCRBY', key('hosts'), -ms, host);
  }
}

/** Lets the log take what comes after its last entry, whatever was there and was removed. */
async function forgetRemoved(server: RedisServer): Promise<void> {
  const kept = (await server.command('XRANGE', key('log'), '-', '+')) as [string, string[]][];
  await server.command('DEL', key('log'));
  for (const [id, fields] of kept) await server.command('XADD', key('log'), id, ...fields);
}

async function contentOf(server: RedisServer): Promise<unknown> {
  const [lease, head, snapshot] = await Promise.all(
    ['lease', 'head', 'snap'].map((name) => hash(server, name)),
  );
  const scores = (await server.command('ZRANGE', key('hosts'), '0', '-1', 'WITHSCORES')) as [
    string,
    string,
  ][];
  const hosts = scores.map(([host, score]) => ({ host, heardAt: Number(score) }));
  return {
    lease: lease && { ...lease, epoch: Number(lease['epoch']), until: Number(lease['until']) },
    head: head && headOf(head),
    // Of entries that were forgotten, Redis may keep some beside one that somebody else removed.
    log: (await stream(server, 'log', head?.['first'])).map(({ id, e }) => ({
      position: positionOf(id),
      text: e,
    })),
    snapshot: snapshot && {
      position: { epoch: Number(snapshot['epoch']), seq: Number(snapshot['seq']) },
      level: Number(snapshot['level']),
      sha256: snapshot['sha'],
      body: snapshot['body'],
    },
    hosts: await Promise.all(
      hosts
        .toSorted((a, b) => (a.host < b.host ? -1 : 1))
        .map(async ({ host, heardAt }) => {
          const { inc, n, beat, cold } = (await hash(server, `h:${host}`)) ?? {};
          return { host, heardAt, incarnation: inc, number: Number(n), beat, cold };
        }),
    ),
    left: await texts(server, 'ZRANGE', key('left'), '0', '-1'),
    inbox: (await stream(server, 'inbox')).map(({ id, n, epoch, j }) => ({
      id,
      nonce: n,
      epoch: Number(epoch),
      text: j,
    })),
    answers: (await stream(server, 'answers')).map(({ id, n, r }) => ({ id, nonce: n, text: r })),
    secret: await server.command('GET', key('secret')),
  };
}

function headOf(head: Readonly<Record<string, string>>): unknown {
  const [epoch, seq] = (head['base'] ?? '').split(' ').map(Number);
  return {
    epoch: Number(head['epoch']),
    seq: Number(head['seq']),
    command: Number(head['cmd']),
    first: Number(head['first']),
    base: { epoch, seq },
    snapshot: Number(head['snap']),
    level: Number(head['level']),
  };
}

function positionOf(id = ''): unknown {
  const [seq, epoch] = id.split('-').map(Number);
  return { epoch, seq };
}

async function hash(server: RedisServer, name: string): Promise<Record<string, string> | null> {
  const flat = await texts(server, 'HGETALL', key(name));
  return flat.length === 0 ? null : pairs(flat);
}

async function stream(
  server: RedisServer,
  name: string,
  from = '-',
): Promise<readonly Record<string, string>[]> {
  const entries = (await server.command('XRANGE', key(name), from, '+')) as [string, string[]][];
  return entries.map(([id, fields]) => ({ ...pairs(fields), id }));
}

async function texts(server: RedisServer, name: string, ...args: string[]): Promise<readonly string[]> {
  return (await server.command(name, ...args)) as string[];
}

function pairs(flat: readonly string[]): Record<string, string> {
  const entries = flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? '']] : []));
  return Object.fromEntries(entries) as Record<string, string>;
}
