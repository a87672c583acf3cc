/** Kills the primary of a Tidegate and starts the next one, again and again, under load. */
import type { AppServer } from './app-server.js';
import { Load, type LoadResult } from './load.js';
import { PATIENT_CHECK, backendList } from './scenario.js';
import type { Tidegate } from './tidegate-process.js';
import { waitUntil } from './wait-until.js';

/** Requests per second, half of them on connections of their own. */
const RATE = 400;
/** Answers between two steps. */
const SOME = 50;

export function takeoverConfig(port: number, accept: string, apps: readonly AppServer[]): string {
  return `listen: { host: 127.0.0.1, port: ${port} }
admin: { port: 0 }
workers: 2
accept: ${accept}
log: { format: json }
${backendList(apps)}${PATIENT_CHECK}
`;
}

/** Clients that open a connection for every request, and clients that keep theirs. */
export class TwoLoads {
  readonly #loads: readonly Load[];

  constructor(port: number) {
    const half = { port, rate: RATE / 2, connections: 100 };
    this.#loads = [new Load({ ...half, headers: { connection: 'close' } }), new Load(half)];
    for (const load of this.#loads) load.start();
  }

  /** Waits until both have been answered some more. */
  async goOn(): Promise<void> {
    await Promise.all(
      this.#loads.map((load) => {
        const before = load.answered;
        return waitUntil('the load to go on', () => load.answered > before + SOME);
      }),
    );
  }

  async stop(): Promise<Lost> {
    const results = await Promise.all(this.#loads.map((load) => load.stop()));
    return {
      requests: results.reduce((sum, { sent }) => sum + sent, 0),
      failures: results.flatMap(({ failures }: LoadResult) => failures),
    };
  }
}

export interface Lost {
  readonly requests: number;
  readonly failures: readonly string[];
}

/** With load all the while. */
export async function replacePrimary(tidegate: Tidegate, times: number): Promise<Lost> {
  const loads = new TwoLoads(tidegate.port);
  for (let round = 0; round < times; round += 1) {
    await loads.goOn();
    await replaceOnce(tidegate, () => loads.goOn());
  }
  await loads.goOn();
  return loads.stop();
}

/** With load from when the next primary listens until the workers of the last one have ended. */
export async function replacePrimaryBeforeLoad(tidegate: Tidegate, times: number): Promise<Lost> {
  const lost: Lost[] = [];
  for (let round = 0; round < times; round += 1) {
    const loads: { started?: TwoLoads } = {};
    await replaceOnce(
      tidegate,
      async () => undefined,
      () => (loads.started = new TwoLoads(tidegate.port)),
    );
    await loads.started?.goOn();
    lost.push(await loads.started!.stop());
  }
  return {
    requests: lost.reduce((sum, { requests }) => sum + requests, 0),
    failures: lost.flatMap(({ failures }) => failures),
  };
}

async function replaceOnce(
  tidegate: Tidegate,
  whileDead: () => Promise<void>,
  whenReplaced: () => void = () => undefined,
): Promise<void> {
  const orphans = await tidegate.workerPids();
  await tidegate.killPrimary();
  await whileDead();
  await tidegate.run();
  whenReplaced();
  await waitUntil('the old workers to end', () => orphans.every((pid) => !isAlive(pid)));
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
