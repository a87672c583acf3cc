/**
 * A network of its own for servers, and links to it that can fail as cables and routers do: what a proxy cannot be, because it
 * answers for its own end. Linux, root, iproute2 and util-linux. All of it ends with the test process, however that ends: the kernel
 * removes a network without processes, and its links.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Kept for tests of networks (RFC 2544), so nobody is there. Each link has four addresses of it. */
const FIRST_ADDRESS = 0xc6_12_00_00;
const SUBNETS = 1 << 15;
const MAX_LINKS = 8;

/** What does not arrive. `requests`: what this machine sends; `answers`: what it is sent. */
export type Loss = 'requests' | 'answers' | 'all';

export class NetworkNamespace {
  readonly #holder: ChildProcess;
  readonly #pid: number;
  #links = 0;

  private constructor(holder: ChildProcess, pid: number) {
    this.#holder = holder;
    this.#pid = pid;
  }

  /** Throws where this machine does not let the tests have networks. */
  static async create(): Promise<NetworkNamespace> {
    const holder = spawn('unshare', ['--net', 'sh', '-c', 'ip link set lo up && echo ready && exec cat'], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let trouble = '';
    holder.stderr.on('data', (chunk: Buffer) => (trouble += chunk.toString()));
    const ended = once(holder, 'close').then(() => {
      throw new Error(`no network of its own can be made here: ${trouble.trim()}`);
    });
    await Promise.race([once(holder.stdout, 'data'), ended]);
    ended.catch(() => undefined);
    return new NetworkNamespace(holder, holder.pid!);
  }

  /** What runs a program in this network, before its name and arguments. */
  get enter(): readonly [program: string, ...args: string[]] {
    return ['nsenter', '--net', '--target', String(this.#pid)];
  }

  /** Another link between this machine and the network. */
  link(): NetworkLink {
    if (this.#links === MAX_LINKS) throw new RangeError(`at most ${MAX_LINKS} links`);
    const name = `tg${this.#pid}-${this.#links}`;
    const subnet = (this.#pid * MAX_LINKS + this.#links) % SUBNETS;
    this.#links += 1;
    const [near, far] = [1, 2].map((host) => addressOf(FIRST_ADDRESS + subnet * 4 + host));
    run('ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', name, 'netns', String(this.#pid));
    run('ip', 'address', 'add', `${near}/30`, 'dev', name);
    this.run('ip', 'address', 'add', `${far}/30`, 'dev', name);
    run('ip', 'link', 'set', name, 'up');
    this.run('ip', 'link', 'set', name, 'up');
    return new NetworkLink(this, name, far!);
  }

  /** Runs a program in this network to its end. */
  run(...command: readonly string[]): void {
    run(...this.enter, ...command);
  }

  /** The network is gone once all that runs in it has ended. */
  async dispose(): Promise<void> {
    const gone = once(this.#holder, 'close');
    this.#holder.stdin?.end();
    await gone;
  }
}

export class NetworkLink {
  /** Where the servers in the network are found over this link. */
  readonly address: string;
  readonly #namespace: NetworkNamespace;
  readonly #name: string;
  #mend: (() => void)[] = [];

  constructor(namespace: NetworkNamespace, name: string, address: string) {
    this.#namespace = namespace;
    this.#name = name;
    this.address = address;
  }

  /** From now on packets vanish, and nobody is told. */
  lose(loss: Loss): void {
    const queue = ['dev', this.#name, 'root'];
    if (loss !== 'answers') {
      run('tc', 'qdisc', 'add', ...queue, 'blackhole');
      this.#mend.push(() => run('tc', 'qdisc', 'delete', ...queue));
    }
    if (loss !== 'requests') {
      this.#namespace.run('tc', 'qdisc', 'add', ...queue, 'blackhole');
      this.#mend.push(() => this.#namespace.run('tc', 'qdisc', 'delete', ...queue));
    }
  }

  /** Pulls the cable: both ends see that the link is down. */
  unplug(): void {
    this.#namespace.run('ip', 'link', 'set', this.#name, 'down');
    this.#mend.push(() => this.#namespace.run('ip', 'link', 'set', this.#name, 'up'));
  }

  /** All arrives again. */
  mend(): void {
    for (const act of this.#mend.splice(0)) act();
  }
}

/**
 * Whether this machine lets the tests have networks of their own; where not, whoever asks says so. In CI they must not be left out, so
 * there the answer is yes, and the tests fail.
 */
export function canHaveNetworks(): boolean {
  try {
    run('unshare', '--net', 'ip', 'link', 'set', 'lo', 'up');
    run('tc', '-Version');
    return true;
  } catch (error) {
    process.stderr.write(`NOT TRIED HERE: links that fail need networks of their own. ${String(error)}\n`);
    return process.env['CI'] !== undefined;
  }
}

function addressOf(number: number): string {
  return [24, 16, 8, 0].map((bits) => (number >>> bits) & 0xff).join('.');
}

function run(...[program = '', ...args]: readonly string[]): void {
  execFileSync(program, args, { stdio: 'pipe' });
}
