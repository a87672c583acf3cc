/** A real `tidegate serve` with its workers, on ports and in a directory of its own; ended and removed afterwards. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Role } from '../../shared/role.js';
import { waitUntil } from './wait-until.js';

const CLI = join(process.cwd(), 'dist/control-plane/cli/tidegate.js');

export interface LogLine {
  readonly msg?: string;
  readonly [field: string]: unknown;
}

export interface ApiAnswer {
  readonly status: number;
  readonly etag: string | null;
  // Tests look into answers field by field; a wrong field shows as a failed expectation.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line to its end. */
export async function tidegate(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  cwd = process.cwd(),
): Promise<CliResult> {
  return runProgram(process.execPath, [CLI, ...args], { ...process.env, ...env }, cwd);
}

/** Runs a program to its end. */
export async function runProgram(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd = process.cwd(),
): Promise<CliResult> {
  const child = spawn(program, args, { env, cwd });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on('error', reject);
  child.on('close', resolve);
  const code = await promise;
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}

export class Tidegate {
  readonly dir: string;
  readonly configFile: string;
  readonly lines: LogLine[] = [];
  stderr = '';
  port = 0;
  adminPort = 0;
  /** The command. */
  role: Role = 'serve';
  /** What is run: the program and its first arguments. */
  command: readonly [program: string, ...args: string[]] = [process.execPath, CLI];
  #child: ChildProcess | null = null;
  #exited: Promise<number | null> = Promise.resolve(null);

  readonly #env: NodeJS.ProcessEnv;

  private constructor(dir: string, env: NodeJS.ProcessEnv = {}) {
    this.dir = dir;
    this.#env = env;
    this.configFile = join(dir, 'tidegate.yaml');
  }

  /** Writes the configuration, which must leave the ports to the system, and waits until it forwards. */
  static async start(yaml: string, env: NodeJS.ProcessEnv = {}): Promise<Tidegate> {
    const instance = new Tidegate(mkdtempSync(join(tmpdir(), 'tidegate-e2e-')), env);
    instance.write(yaml);
    await instance.run();
    return instance;
  }

  /** A directory with a configuration that nobody runs yet. */
  static prepare(yaml: string, env: NodeJS.ProcessEnv = {}): Tidegate {
    const instance = new Tidegate(mkdtempSync(join(tmpdir(), 'tidegate-e2e-')), env);
    instance.write(yaml);
    return instance;
  }

  write(yaml: string): void {
    writeFileSync(this.configFile, yaml);
  }

  /** Starts the process; resolves when it forwards, or is ready to lead. */
  async run(...args: readonly string[]): Promise<void> {
    const child = this.spawn(...args);
    const ready = await waitUntil(
      'tidegate to forward',
      () => {
        if (child.exitCode !== null) throw new Error(`tidegate ended: ${this.output()}`);
        return portsIn(this.lines);
      },
      60_000,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.output()}`);
    });
    [this.port, this.adminPort] = ready;
  }

  /** Starts the process without waiting for anything; with these arguments instead of its own file. */
  spawn(...args: readonly string[]): ChildProcess {
    this.lines.length = 0;
    this.stderr = '';
    const [program, ...first] = this.command;
    const child = spawn(
      program,
      [...first, this.role, ...(args.length > 0 ? args : ['-c', this.configFile])],
      {
        cwd: this.dir,
        env: { ...process.env, ...this.#env },
      },
    );
    this.#child = child;
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) this.lines.push(parseLine(part));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.#exited = new Promise((resolve) => child.on('exit', resolve));
    return child;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get exited(): Promise<number | null> {
    return this.#exited;
  }

  output(): string {
    return `${this.lines.map((line) => JSON.stringify(line)).join('\n')}\n${this.stderr}`;
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  async api(path: string, init: RequestInit = {}): Promise<ApiAnswer> {
    // A connection of its own: one that was kept may have given way to others, or be of the process before.
    const headers = new Headers(init.headers);
    headers.set('connection', 'close');
    const response = await fetch(`http://127.0.0.1:${this.adminPort}${path}`, { ...init, headers });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json') === true;
    return {
      status: response.status,
      etag: response.headers.get('etag'),
      body: json ? JSON.parse(text) : text,
    };
  }

  /** A write with `If-Match: *` unless told otherwise. */
  async change(method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    return this.api(path, {
      method,
      headers: { 'if-match': '*', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** The backend as the admin API shows it. */
  async backend(id: string, pool = 'default'): Promise<ApiAnswer['body']> {
    return (await this.api(`/api/v1/pools/${pool}/backends/${id}`)).body;
  }

  async untilAvailability(id: string, availability: string, limitMs = 60_000): Promise<void> {
    await waitUntil(
      `${id} to be ${availability}`,
      async () => (await this.backend(id)).availability === availability,
      limitMs,
    );
  }

  /** Waits until every worker has applied the newest snapshot. */
  async untilConverged(): Promise<void> {
    await waitUntil('all workers to converge', async () => {
      const { workers } = (await this.api('/api/v1/status')).body;
      return workers.converged === workers.total;
    });
  }

  /** All events, oldest first. */
  async events(query = ''): Promise<ApiAnswer['body'][]> {
    const answer = await this.api(`/api/v1/events?order=asc&limit=1000${query}`);
    return answer.body.events;
  }

  async cli(...args: string[]): Promise<CliResult> {
    return tidegate([...args, '--admin', `http://127.0.0.1:${this.adminPort}`]);
  }

  /** All samples of a scrape of the admin listener: `name{labels}` → value. */
  async metrics(): Promise<Map<string, number>> {
    const answer = await this.api('/metrics');
    const samples = new Map<string, number>();
    for (const line of String(answer.body).split('\n')) {
      if (line === '' || line.startsWith('#')) continue;
      const space = line.lastIndexOf(' ');
      samples.set(line.slice(0, space), Number(line.slice(space + 1)));
    }
    return samples;
  }

  async workerPids(): Promise<number[]> {
    const { body } = await this.api('/api/v1/workers');
    // Only those of this host are told in full.
    return (body.workers as { pid: number | null; phase: string; started_at?: string }[])
      .filter(({ phase, pid, started_at: startedAt }) => phase === 'ready' && pid !== null && startedAt)
      .map((worker) => Number(worker.pid));
  }

  /** kill -9 of the primary alone: its workers stay. */
  async killPrimary(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  /** Orderly end; answers the exit code. */
  async stop(): Promise<number | null> {
    if (this.#child?.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM');
    return this.#exited;
  }

  /** Ends what still runs and removes the directory. */
  async dispose(): Promise<void> {
    await this.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Of the line that says that it forwards, in either format. */
const READY_TO_LEAD = 'ready to lead the fleet; takes no traffic';

function portsIn(lines: readonly LogLine[]): [port: number, adminPort: number] | undefined {
  for (const line of lines) {
    if (line.msg === 'forwarding') return [Number(line['port']), Number(line['adminPort'])];
    if (line.msg === READY_TO_LEAD) return [0, Number(line['adminPort'])];
    const [, port, adminPort] =
      /INFO {2}forwarding {2}port (\d+) {2}adminPort (\d+) /.exec(line.msg ?? '') ?? [];
    if (adminPort !== undefined) return [Number(port), Number(adminPort)];
  }
  return undefined;
}

function parseLine(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { msg: text }; // Not a log line: kept as it is, so that a failure shows it.
  }
}
