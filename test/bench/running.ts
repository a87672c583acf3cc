/** Starts what a measurement needs: origin, load generator and the proxies, each ready when the promise resolves. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { get as getTls } from 'node:https';
import { once } from 'node:events';
import { freePort } from '../support/free-port.js';
import { waitUntil } from '../support/wait-until.js';
import type { Child, Children } from './children.js';
import type { ClientAnswer, ClientCommand } from './client-protocol.js';
import { nginxOrigin } from './nginx-origin.js';
import { childrenOf } from './process-figures.js';
import { type Scenario, pathOf } from './scenarios.js';
import type { Setup, Subject } from './subject.js';

/** Where things run and from what they are started. */
export interface Bench {
  readonly children: Children;
  /** Root of the built checkout. */
  readonly checkout: string;
  readonly cores: {
    readonly proxy: number | null;
    readonly origin: number | null;
    readonly client: number | null;
  };
}

export interface RunningProxy {
  /** Under which it is reported: the subject's, or its twin's. */
  readonly name: string;
  readonly subject: Subject;
  readonly scenario: Scenario;
  readonly port: number;
  /** Processes that forward. */
  readonly forwarding: readonly number[];
  /** Processes that only supervise. */
  readonly supervising: readonly number[];
  readonly child: Child;
}

const READY_LIMIT_MS = 20_000;

/** Starts the origin; answers its port. */
export async function startOrigin({
  children,
  checkout,
  cores,
}: Bench): Promise<{ child: Child; port: number }> {
  const file = `${checkout}/dist/test/bench/origin.js`;
  const child = children.spawn(process.execPath, [file], { cpu: cores.origin, ipc: true });
  const [message] = (await once(child.process, 'message')) as [{ port: number }];
  return { child, port: message.port };
}

/** Starts nginx as the origin for bodies of these sizes; answers its port. */
export async function startNginxOrigin(
  { children, cores }: Bench,
  sizes: readonly number[],
): Promise<{ child: Child; port: number }> {
  const directory = children.makeDirectory();
  const port = await freePort();
  const { config, bodies } = nginxOrigin(sizes, port, directory, process.getuid?.() === 0);
  writeFileSync(`${directory}/nginx.conf`, config);
  for (const [name, size] of bodies) writeFileSync(`${directory}/${name}`, 'x'.repeat(size));
  const args = ['-c', `${directory}/nginx.conf`, '-p', directory, '-e', 'stderr'];
  const child = children.spawn('nginx', args, { cpu: cores.origin });
  await untilAnswering(child, port, '/', false);
  return { child, port };
}

/** The load generator: takes one command at a time. */
export class Client {
  readonly #child: Child;

  constructor({ children, checkout, cores }: Bench) {
    const file = `${checkout}/dist/test/bench/client.js`;
    this.#child = children.spawn(process.execPath, [file], { cpu: cores.client, ipc: true });
  }

  async ask(command: ClientCommand): Promise<ClientAnswer> {
    const answered = once(this.#child.process, 'message');
    const ended = this.#child.exited.then(() => {
      throw new Error(`the load generator ended: ${this.#child.output()}`);
    });
    this.#child.process.send(command);
    const [answer] = (await Promise.race([answered, ended])) as [ClientAnswer];
    return answer;
  }
}

/** The text of what builds a worker; in older checkouts it was its entry point. */
function workerEntry(checkout: string): string {
  const [before, now] = ['main.js', 'run-worker.js'].map((file) => `${checkout}/dist/data-plane/${file}`);
  return readFileSync(now !== undefined && existsSync(now) ? now : (before ?? ''), 'utf8');
}

/** Starts a proxy and waits until it forwards. Throws with what it wrote when it does not. */
export async function startProxy(
  bench: Bench,
  subject: Subject,
  scenario: Scenario,
  originPort: number,
): Promise<RunningProxy> {
  const lacking = subject.lacking?.(workerEntry(bench.checkout));
  if (typeof lacking === 'string') throw new Error(lacking);
  const directory = bench.children.makeDirectory();
  const port = await freePort();
  const launch = subject.launch({
    scenario,
    backends: backendAddresses(scenario.backends, originPort),
    port,
    directory,
    certificate: certificateOf(bench.checkout),
    root: process.getuid?.() === 0,
    checkout: bench.checkout,
    node: process.execPath,
  });
  for (const [name, text] of Object.entries(launch.files)) writeFileSync(`${directory}/${name}`, text);
  const { command, args, env = {} } = launch;
  const child = bench.children.spawn(command, args, { cpu: bench.cores.proxy, env });
  try {
    await untilAnswering(child, port, pathOf(scenario), scenario.tls);
  } catch (error) {
    await bench.children.end(child);
    throw error;
  }
  return {
    name: subject.name,
    subject,
    scenario,
    port,
    forwarding: subject.forks ? childrenOf(child.pid) : [child.pid],
    supervising: subject.forks ? [child.pid] : [],
    child,
  };
}

async function untilAnswering(child: Child, port: number, path: string, tls: boolean): Promise<void> {
  let ended = false;
  void child.exited.then(() => (ended = true));
  await waitUntil(
    'a 200 answer',
    async () => {
      if (ended) throw new Error(lastLine(child.output()));
      return (await statusOf(port, path, tls)) === 200;
    },
    READY_LIMIT_MS,
  );
}

/** 0 when there is no answer. */
async function statusOf(port: number, path: string, tls: boolean): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const options = { host: '127.0.0.1', port, path, agent: false };
  const request = tls ? getTls({ ...options, rejectUnauthorized: false }) : get(options);
  request.on('response', (response) => {
    response.resume();
    response.on('error', () => resolve(0));
    response.on('close', () => resolve(response.statusCode ?? 0));
  });
  request.on('error', () => resolve(0));
  return promise;
}

/** 1,000 backends are 1,000 loopback addresses of one origin. */
export function backendAddresses(count: number, port: number): string[] {
  return Array.from({ length: count }, (_, n) => `127.1.${Math.floor(n / 250)}.${(n % 250) + 1}:${port}`);
}

function certificateOf(checkout: string): Setup['certificate'] {
  const certFile = `${checkout}/test/support/certificates/server.pem`;
  const keyFile = `${checkout}/test/support/certificates/server-key.pem`;
  return { certFile, keyFile, pem: readFileSync(certFile, 'latin1') + readFileSync(keyFile, 'latin1') };
}

function lastLine(output: string): string {
  return output.trimEnd().split('\n').at(-1)?.slice(0, 300) ?? 'it ended without a word';
}
