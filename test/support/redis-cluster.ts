/** A real Redis Cluster: three servers that share the slots among them, and one that is a replica of the first. */
import { RedisServer } from './redis-server.js';
import { waitUntil } from './wait-until.js';

const SLOTS = 16_384;
const MASTERS = 3;
/** A node is taken for dead after this time. */
const NODE_TIMEOUT_MS = 1_000;
const NODE = { 'cluster-enabled': 'yes', 'cluster-node-timeout': String(NODE_TIMEOUT_MS) };

export class RedisCluster {
  readonly masters: readonly RedisServer[];
  readonly replica: RedisServer;

  private constructor(masters: readonly RedisServer[], replica: RedisServer) {
    this.masters = masters;
    this.replica = replica;
  }

  /** @param key the first server is the one that has it */
  static async start(key: string): Promise<RedisCluster> {
    const [first, ...others] = await Promise.all(
      Array.from({ length: MASTERS + 1 }, () => RedisServer.start(NODE)),
    );
    const replica = others.pop()!;
    const slot = Number(await first!.command('CLUSTER', 'KEYSLOT', key));
    const masters = [first!, ...others];
    const cluster = new RedisCluster(masters, replica);
    const from = (share: number): number => (slot + Math.floor((share * SLOTS) / MASTERS)) % SLOTS;
    for (const [share, server] of masters.entries()) await give(server, from(share), from(share + 1));
    for (const server of [...others, replica]) await meet(first!, server);
    await cluster.#untilWhole();
    await replica.command('CLUSTER', 'REPLICATE', await idOf(first!));
    await waitUntil('the replica to follow', async () =>
      String(await replica.command('INFO', 'replication')).includes('master_link_status:up'),
    );
    return cluster;
  }

  /** As the settings of Tidegate name it. */
  get where(): string {
    return `cluster: [${this.masters.map(({ port }) => `"127.0.0.1:${port}"`).join(', ')}]`;
  }

  /** Moves a slot with all its keys, while clients use them. */
  async move(key: string, from: RedisServer, to: RedisServer): Promise<void> {
    const slot = Number(await from.command('CLUSTER', 'KEYSLOT', key));
    await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', await idOf(from));
    await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', await idOf(to));
    for (;;) {
      const keys = (await from.command('CLUSTER', 'GETKEYSINSLOT', slot, 100)) as string[];
      if (keys.length === 0) break;
      await from.command('MIGRATE', '127.0.0.1', to.port, '', 0, 5_000, 'KEYS', ...keys);
    }
    for (const server of [to, from, ...this.masters]) {
      await server.command('CLUSTER', 'SETSLOT', slot, 'NODE', await idOf(to));
    }
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.masters, this.replica].map((server) => server.dispose()));
  }

  async #untilWhole(): Promise<void> {
    for (const server of [...this.masters, this.replica]) {
      await waitUntil('the nodes to know each other', async () => {
        const info = String(await server.command('CLUSTER', 'INFO'));
        return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${MASTERS + 1}`);
      });
    }
  }
}

/** All slots from the first up to before the other, around the end. */
async function give(server: RedisServer, from: number, to: number): Promise<void> {
  if (from < to) await server.command('CLUSTER', 'ADDSLOTSRANGE', from, to - 1);
  else await server.command('CLUSTER', 'ADDSLOTSRANGE', from, SLOTS - 1, ...(to === 0 ? [] : [0, to - 1]));
}

async function meet(server: RedisServer, other: RedisServer): Promise<void> {
  const [, busPort = ''] = (await other.command('CONFIG', 'GET', 'cluster-port')) as string[];
  await server.command('CLUSTER', 'MEET', '127.0.0.1', other.port, busPort);
}

async function idOf(server: RedisServer): Promise<string> {
  return String(await server.command('CLUSTER', 'MYID'));
}
