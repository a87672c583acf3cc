/**
 * The processes and the directory that a bench makes, and their end. Each process leads a group of its own, so that
 * what it forks ends with it, and is pinned to a core where `taskset` allows. `endAll` is synchronous: it also runs
 * when the bench is interrupted or fails.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { tmpdir } from 'node:os';

export interface SpawnOptions {
  /** Core to run on; null: anywhere. */
  readonly cpu: number | null;
  readonly env?: Readonly<Record<string, string>>;
  readonly ipc?: boolean;
}

export interface Child {
  readonly process: ChildProcess;
  readonly pid: number;
  /** The last of what it wrote. */
  readonly output: () => string;
  readonly exited: Promise<void>;
}

const KEPT_OUTPUT_CHARACTERS = 2_000;
const TERMINATE_LIMIT_MS = 3_000;

export class Children {
  readonly #directory = mkdtempSync(join(tmpdir(), 'tidegate-bench-'));
  readonly #running = new Set<Child>();
  #directories = 0;

  /** A new empty directory. */
  makeDirectory(): string {
    this.#directories += 1;
    const directory = join(this.#directory, String(this.#directories));
    mkdirSync(directory);
    return directory;
  }

  spawn(command: string, args: readonly string[], options: SpawnOptions): Child {
    const pinned = options.cpu === null ? [] : ['taskset', '-c', String(options.cpu)];
    const [program = command, ...rest] = [...pinned, command, ...args];
    const child = spawn(program, rest, {
      detached: true,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', ...(options.ipc === true ? (['ipc'] as const) : [])],
    });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-KEPT_OUTPUT_CHARACTERS);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const { promise, resolve } = Promise.withResolvers<void>();
    child.on('error', (error) => {
      output += String(error);
      resolve();
    });
    child.on('exit', () => resolve());
    const started: Child = { process: child, pid: child.pid ?? 0, output: () => output, exited: promise };
    if (started.pid > 0) this.#running.add(started);
    return started;
  }

  /** Asks a process to end, and after a limit makes it. Its whole group is gone afterwards. */
  async end(child: Child): Promise<void> {
    signalGroup(child.pid, 'SIGTERM');
    const limit = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), TERMINATE_LIMIT_MS);
    await child.exited;
    clearTimeout(limit);
    signalGroup(child.pid, 'SIGKILL');
    this.#running.delete(child);
  }

  /** Ends everything at once and removes every file. */
  endAll(): void {
    for (const { pid } of this.#running) signalGroup(pid, 'SIGKILL');
    this.#running.clear();
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  if (pid <= 0) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already, which is what is wanted.
  }
}

/** True when a program of this name is on PATH (or in /usr/sbin, where Debian keeps servers). */
export function isInstalled(program: string): boolean {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];
  return directories.some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
