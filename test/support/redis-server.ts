/**
 * A real redis-server of its own, on a free port and in a directory of its own, in memory only. It ends with the test process.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { RedisAccess } from '../../shared/redis-access.js';
import { freePort } from './free-port.js';
import { GuardedProgram } from './guarded-program.js';
import { waitUntil } from './wait-until.js';

/** Directives of redis.conf. */
type Directives = Readonly<Record<string, string>>;

/** Where a server runs. */
export interface RedisPlace {
  /** Where the test itself finds it. */
  readonly host: string;
  /** What runs a program there, before its name and arguments. */
  readonly enter: readonly string[];
}

const HERE: RedisPlace = { host: '127.0.0.1', enter: [] };

export class RedisServer {
  readonly port: number;
  readonly dir: string;
  readonly #directives: Directives;
  readonly #place: RedisPlace;
  #program: GuardedProgram | null = null;
  #admin: Redis | null = null;

  private constructor(port: number, directives: Directives, place: RedisPlace) {
    this.port = port;
    this.#place = place;
    this.dir = mkdtempSync(join(tmpdir(), 'tidegate-redis-'));
    this.#directives = directives;
  }

  static async start(directives: Directives = {}, place = HERE): Promise<RedisServer> {
    const forCluster = directives['cluster-enabled'] === 'yes' ? await clusterDirectives() : {};
    const server = new RedisServer(await freePort(), { ...forCluster, ...directives }, place);
    await server.restart();
    return server;
  }

  /** A Sentinel that watches a server, which it calls `name`, and takes it for dead after 300 ms. */
  static async sentinelOf(master: RedisServer, name: string): Promise<RedisServer> {
    const sentinel = new RedisServer(await freePort(), {}, HERE);
    const settings = [
      `port ${sentinel.port}`,
      'bind 127.0.0.1',
      `dir ${sentinel.dir}`,
      `sentinel monitor ${name} 127.0.0.1 ${master.port} 1`,
      `sentinel down-after-milliseconds ${name} 300`,
      `sentinel failover-timeout ${name} 2000`,
    ];
    const file = join(sentinel.dir, 'sentinel.conf');
    writeFileSync(file, `${settings.join('\n')}\n`);
    await sentinel.#run([file, '--sentinel']);
    return sentinel;
  }

  /** As a client needs it. */
  get access(): RedisAccess {
    return {
      servers: { kind: 'single', host: this.#place.host, port: this.port, db: 0 },
      username: null,
      password: null,
      sentinelPassword: null,
      tls: null,
    };
  }

  get url(): string {
    return `redis://${this.#place.host}:${this.port}`;
  }

  /** Starts it, after it was ended, or anew. It knows nothing then. */
  async restart(): Promise<void> {
    await this.kill();
    const directives = {
      port: String(this.port),
      bind: '127.0.0.1',
      dir: this.dir,
      save: '',
      appendonly: 'no',
      'enable-debug-command': 'yes',
      // A replica that comes does not wait for others.
      'repl-diskless-sync-delay': '0',
      ...this.#directives,
    };
    await this.#run(Object.entries(directives).flatMap(([name, value]) => [`--${name}`, value]));
  }

  async #run(args: readonly string[]): Promise<void> {
    const program = await GuardedProgram.start(['redis-server', ...args], this.#place.enter);
    this.#program = program;
    await waitUntil('redis-server to answer', async () => {
      if (program.hasEnded) throw new Error(`redis-server ended: ${program.log}`);
      return this.command('PING').then(
        () => true,
        () => false,
      );
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${program.log}`);
    });
  }

  /** Ends it at once, as a crash does. */
  async kill(): Promise<void> {
    this.#admin?.disconnect();
    this.#admin = null;
    const program = this.#program;
    this.#program = null;
    await program?.kill();
  }

  /** SIGSTOP: connections stay, nothing is answered, and all of it is once it goes on. */
  pause(): void {
    this.#program?.signal('SIGSTOP');
  }

  resume(): void {
    this.#program?.signal('SIGCONT');
  }

  /** Becomes a replica of this server, and has all of it when this resolves. */
  async replicate(master: RedisServer): Promise<void> {
    await this.command('REPLICAOF', '127.0.0.1', master.port);
    await waitUntil('the replica to follow', async () =>
      String(await this.command('INFO', 'replication')).includes('master_link_status:up'),
    );
  }

  /** Becomes a master with what it has, as in a failover. */
  async promote(): Promise<void> {
    await this.command('REPLICAOF', 'NO', 'ONE');
  }

  /** CONFIG SET. */
  async config(name: string, value: string): Promise<void> {
    await this.command('CONFIG', 'SET', name, value);
  }

  /** Asks it, on a connection of the test's own. */
  async command(name: string, ...args: readonly (string | number)[]): Promise<unknown> {
    this.#admin ??= this.#connect();
    return this.#admin.call(name, [...args]);
  }

  /** How often it has carried out each command since `CONFIG RESETSTAT`, by lower-case name; those of `command` too. */
  async commandCounts(): Promise<ReadonlyMap<string, number>> {
    const text = String(await this.command('INFO', 'commandstats'));
    return new Map(
      [...text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name = '', calls]) => [
        name,
        Number(calls),
      ]),
    );
  }

  /** Ends it and removes its directory. */
  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }

  #connect(): Redis {
    const client = new Redis({
      port: this.port,
      host: this.#place.host,
      retryStrategy: () => 20,
      ...this.adminOptions(),
    });
    client.on('error', () => undefined);
    return client;
  }

  /** How the test itself gets in, where a password is asked for. */
  private adminOptions(): { password?: string } {
    const password = this.#directives['requirepass'];
    return password === undefined ? {} : { password };
  }
}

/** Else the port for other nodes is 10,000 above that for clients, which may be more than there are. */
async function clusterDirectives(): Promise<Directives> {
  return { 'cluster-port': String(await freePort()), 'cluster-announce-ip': '127.0.0.1' };
}
