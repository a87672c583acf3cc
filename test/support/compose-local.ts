/** The fleet of docker-compose.yml as local processes, on ports of the system's choice; ended and removed afterwards. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CliResult, runProgram } from './tidegate-process.js';
import { waitUntil } from './wait-until.js';

const SCRIPT = join(process.cwd(), 'infra/compose-local');

export interface LocalContainer {
  readonly name: string;
  readonly service: string;
  readonly pid: number;
  readonly state: string;
  readonly health: string;
  /** Number in the container → number here. */
  readonly ports: Readonly<Record<string, number>>;
}

export class ComposeLocal {
  /** Where it keeps volumes, logs and copies of secrets. */
  readonly dir = mkdtempSync(join(tmpdir(), 'tidegate-compose-'));
  output = '';
  readonly #files: readonly string[];
  #kept: ChildProcess | null = null;
  #ended: Promise<number | null> = Promise.resolve(null);

  /** @param over files over docker-compose.yml */
  constructor(over: readonly string[] = []) {
    this.#files = over.length === 0 ? [] : ['docker-compose.yml', ...over].flatMap((file) => ['-f', file]);
  }

  get env(): NodeJS.ProcessEnv {
    return { ...process.env, COMPOSE_LOCAL_DIR: this.dir, COMPOSE_LOCAL_PORTS: 'free' };
  }

  /** Runs a command to its end. */
  run(...args: readonly string[]): Promise<CliResult> {
    return runProgram(SCRIPT, [...this.#files, ...args], this.env);
  }

  /** As `run`; fails where the command does. Answers what it printed. */
  async ok(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args);
    if (code !== 0) throw new Error(`${args.join(' ')}: ${code}\n${stdout}${stderr}\n${this.output}`);
    return stdout;
  }

  /** Starts it, as long as the test runs, and waits until all of it is healthy. */
  async start(): Promise<void> {
    const kept = spawn(SCRIPT, [...this.#files, 'up'], { env: this.env });
    this.#kept = kept;
    for (const stream of [kept.stdout, kept.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    this.#ended = new Promise((resolve) => kept.once('exit', resolve));
    await waitUntil('compose-local to listen', async () => {
      if (kept.exitCode !== null) throw new Error(this.output);
      return (await this.run('ps')).code === 0;
    });
    await this.ok('up', '--wait');
  }

  async containers(service?: string): Promise<readonly LocalContainer[]> {
    const told = JSON.parse(await this.ok('ps', '--json')) as { containers: LocalContainer[] };
    return told.containers.filter((container) => service === undefined || container.service === service);
  }

  async container(name: string): Promise<LocalContainer> {
    const found = (await this.containers()).find((container) => container.name === name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  }

  /** Kills its first process, as a crash would, and waits until it was started again and is healthy. */
  async crash(name: string): Promise<void> {
    const { pid } = await this.container(name);
    process.kill(pid, 'SIGKILL');
    await waitUntil(`${name} to be back`, async () => {
      const now = await this.container(name);
      return now.pid !== pid && now.health === 'healthy';
    });
  }

  /** The exit code of what `start` started. */
  async end(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    this.#kept?.kill(signal);
    return this.#ended;
  }

  async dispose(): Promise<void> {
    if (this.#kept?.exitCode === null) await this.end();
    await this.run('down', '--volumes');
    rmSync(this.dir, { recursive: true, force: true });
  }
}
