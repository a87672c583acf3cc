/**
 * Steady traffic on hosts that share sessions, of the three kinds that a slow Redis might be felt by: sessions that every worker
 * knows, new ones, and ones that another host has begun, which a worker meets for the first time.
 */
import { Load, type LoadResult } from '../load.js';
import { quantile } from '../quantile.js';
import { httpGet } from '../http-get.js';
import { fieldOf } from '../response-scanner.js';
import { waitUntil } from '../wait-until.js';
import type { RigHost } from './fleet-rig.js';

export const SESSION_KINDS = ['known', 'new', 'met'] as const;
export type SessionKind = (typeof SESSION_KINDS)[number];

/** Requests per second and host. */
const RATES: Readonly<Record<SessionKind, number>> = { known: 100, new: 75, met: 75 };
const CONNECTIONS = 100;
/** A client does not come to another host while the store is still being told of its session: so many begun ones wait. */
const NEWEST = 20;
const CLOSE = { connection: 'close' };

export interface TrafficFigures {
  readonly answered: number;
  readonly failures: readonly string[];
  /** Requests of known sessions that another backend answered than theirs, and of met ones. */
  readonly strayed: Readonly<Record<Exclude<SessionKind, 'new'>, number>>;
  /** Milliseconds, over all hosts. */
  readonly p99: Readonly<Record<SessionKind, number>>;
}

interface Session {
  readonly cookie: string;
  readonly backend: string;
}

export class SessionTraffic {
  readonly #hosts: readonly RigHost[];
  readonly #known: readonly Session[];
  /** Sessions that were begun at each host and that no other one has met. */
  readonly #begun: readonly Session[][];

  private constructor(hosts: readonly RigHost[], known: readonly Session[]) {
    this.#hosts = hosts;
    this.#known = known;
    this.#begun = hosts.map(() => []);
  }

  /** Begins the sessions that are to be known, and asks with them until all workers know them. */
  static async over(hosts: readonly RigHost[]): Promise<SessionTraffic> {
    const known = await Promise.all(
      hosts.map(async ({ tidegate }): Promise<Session> => {
        const { headers, body } = await httpGet(tidegate.url('/'));
        return { cookie: headers['set-cookie']![0]!.split(';')[0]!, backend: body };
      }),
    );
    for (const { tidegate } of hosts) {
      for (const { cookie } of known) {
        for (let asked = 0; asked < 50; asked += 1) {
          await httpGet(tidegate.url('/'), { headers: { cookie, ...CLOSE } });
        }
      }
    }
    return new SessionTraffic(hosts, known);
  }

  /** Traffic of all kinds while `during` runs, but at least until each load has answered `least` requests. */
  async measure(during: () => Promise<void>, least = 100): Promise<TrafficFigures> {
    const strayed = { known: 0, met: 0 };
    const loads = this.#hosts.flatMap(({ tidegate: { port } }, index) => {
      const { cookie, backend } = this.#known[index]!;
      const here = this.#begun[index]!;
      const elsewhere = this.#begun[(index + 1) % this.#begun.length]!;
      const common = { port, connections: CONNECTIONS };
      /** Backend of the session that a request meets, by the number of the request. */
      const met = new Map<number, string>();
      return [
        new Load({
          ...common,
          rate: RATES.known,
          headers: { cookie, ...CLOSE },
          onResponse: ({ body }) => {
            if (body.toString() !== backend) strayed.known += 1;
          },
        }),
        new Load({
          ...common,
          rate: RATES.new,
          headers: CLOSE,
          onResponse: ({ head, body }) => {
            const [begun] = fieldOf(head, 'set-cookie')?.split(';') ?? [];
            if (begun !== undefined) here.push({ cookie: begun, backend: body.toString() });
          },
        }),
        new Load({
          ...common,
          rate: RATES.met,
          headers: (request) => {
            const session = elsewhere.length > NEWEST ? elsewhere.shift() : undefined;
            if (session === undefined) return CLOSE;
            met.set(request, session.backend);
            return { ...CLOSE, cookie: session.cookie };
          },
          onResponse: ({ body }, request) => {
            const backendThere = met.get(request);
            if (backendThere !== undefined && body.toString() !== backendThere) strayed.met += 1;
            met.delete(request);
          },
        }),
      ];
    });
    for (const load of loads) load.start();
    const ended = await during().then(
      () => null,
      (error: unknown) => ({ error }),
    );
    if (ended === null) {
      await waitUntil('the traffic', () => loads.every(({ answered }) => answered >= least));
    }
    const results = await Promise.all(loads.map((load) => load.stop()));
    if (ended !== null) throw ended.error;
    const p99Of = (kind: SessionKind): number =>
      p99(results.filter((_, n) => SESSION_KINDS[n % SESSION_KINDS.length] === kind));
    return {
      answered: results.reduce((sum, { answered }) => sum + answered, 0),
      failures: results.flatMap(({ failures }) => failures),
      strayed,
      p99: { known: p99Of('known'), new: p99Of('new'), met: p99Of('met') },
    };
  }
}

function p99(results: readonly LoadResult[]): number {
  const all = results.flatMap(({ latenciesMs }) => latenciesMs);
  return quantile(
    all.sort((a, b) => a - b),
    0.99,
  );
}
