/**
 * A program that ends with the test process, however that ends: a shell waits for the end of its own input, and then kills the
 * program.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const GUARDED = '"$@" >&2 & pid=$!; echo $pid; cat >/dev/null; kill -9 $pid 2>/dev/null; wait $pid';

export class GuardedProgram {
  readonly pid: number;
  readonly #shell: ChildProcess;
  readonly #log: () => string;

  private constructor(pid: number, shell: ChildProcess, log: () => string) {
    this.pid = pid;
    this.#shell = shell;
    this.#log = log;
  }

  /** @param enter what runs it in a place of its own, before its name and arguments */
  static async start(command: readonly string[], enter: readonly string[] = []): Promise<GuardedProgram> {
    const [program = '', ...rest] = [...enter, 'sh', '-c', GUARDED, 'sh', ...command];
    const shell = spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
    let log = '';
    shell.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
    shell.stdin.on('error', () => undefined);
    const [pid] = (await once(shell.stdout, 'data')) as [Buffer];
    return new GuardedProgram(Number(pid.toString()), shell, () => log);
  }

  /** What it has said on both of its outputs. */
  get log(): string {
    return this.#log();
  }

  /** Whether the shell has ended, and the program with it. */
  get hasEnded(): boolean {
    return this.#shell.exitCode !== null;
  }

  signal(name: NodeJS.Signals): void {
    process.kill(this.pid, name);
  }

  /** Ends it at once, as a crash does. */
  async kill(): Promise<void> {
    const gone = once(this.#shell, 'close');
    this.#shell.stdin?.end();
    await gone;
  }
}
