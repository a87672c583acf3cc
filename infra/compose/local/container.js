/** One container as a local process: started, checked, started again where its service says so, and ended with all that it started. */
import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';

/** While a container is starting, it is asked this often, so that nobody waits for a whole interval. */
const STARTING_INTERVAL_MS = 500;
/** Pause before a process that ended is started again: doubled each time, and short again after a while that went well. */
const RESTART_FIRST_MS = 100;
const RESTART_MAX_MS = 60_000;
const WENT_WELL_MS = 10_000;

export class Container {
  /** @param plan `{ name, service, command, health, env, cwd, ports, logFile, print }` */
  constructor(plan) {
    this.plan = plan;
    this.state = 'created';
    /** `none` where the service has no check. */
    this.health = plan.health === null ? 'none' : 'starting';
    this.exitCode = null;
    this.restarts = 0;
    this.child = null;
    this.timers = new Set();
    this.log = createWriteStream(plan.logFile, { flags: 'a' });
    this.log.on('error', (error) => plan.print?.(`${plan.name}: no log is written: ${error.message}`));
  }

  get pid() {
    return this.child?.pid ?? null;
  }

  get isReady() {
    return this.state === 'running' && (this.health === 'none' || this.health === 'healthy');
  }

  start() {
    const { command, env, cwd } = this.plan;
    const [program, ...args] = command;
    // A group of its own: when its first process ends, all of them do, as in a container.
    const child = spawn(program, args, { env, cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    this.state = 'running';
    this.exitCode = null;
    const startedAt = performance.now();
    for (const stream of [child.stdout, child.stderr]) this.#tell(stream);
    child.on('error', (error) => this.#line(`cannot be started: ${error.message}`));
    // The end of what it prints comes after its own.
    this.printed = new Promise((resolve) => child.once('close', resolve));
    this.ended = new Promise((resolve) => {
      const end = (code, signal) => {
        if (child.pid !== undefined) killGroup(child.pid);
        this.#ended(code, signal, performance.now() - startedAt);
        resolve();
      };
      child.once('exit', end);
      child.once('error', () => end(127, null));
    });
    if (this.plan.health !== null) {
      this.health = 'starting';
      this.#checkLater(0, STARTING_INTERVAL_MS);
    }
  }

  #tell(stream) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines) this.#line(line);
    });
  }

  #line(line) {
    this.log.write(`${line}\n`);
    this.plan.print?.(`${this.plan.name.padEnd(12)} | ${line}`);
  }

  #ended(code, signal, ranMs) {
    this.state = 'exited';
    this.exitCode = code ?? `by ${signal}`;
    this.#clearTimers();
    if (this.wanted === 'stopped') return;
    if (ranMs > WENT_WELL_MS) this.restarts = 0;
    this.#line(`ended: ${this.exitCode}`);
    if (!this.plan.service.restarts) return;
    const pauseMs = Math.min(RESTART_MAX_MS, RESTART_FIRST_MS * 2 ** this.restarts);
    this.restarts += 1;
    this.#later(pauseMs, () => this.start());
  }

  #checkLater(failures, waitMs) {
    this.#later(waitMs, () => this.#check(failures));
  }

  #check(failures) {
    const { health, env, cwd } = this.plan;
    const [program, ...args] = health.command;
    const child = spawn(program, args, { env, cwd, stdio: 'ignore', timeout: health.timeoutMs });
    const asked = this.child;
    const judge = (passed) => {
      if (this.child !== asked || this.state !== 'running') return;
      const failed = passed ? 0 : failures + 1;
      if (passed) this.health = 'healthy';
      else if (this.health === 'healthy' && failed >= health.retries) this.health = 'unhealthy';
      this.#checkLater(failed, this.health === 'starting' ? STARTING_INTERVAL_MS : health.intervalMs);
    };
    child.once('error', () => judge(false));
    child.once('exit', (code) => judge(code === 0));
  }

  /** Sends a signal to its first process, and starts nothing again after it. */
  kill(signal) {
    this.wanted = 'stopped';
    this.child?.kill(signal);
    // One that was stopped by hand takes no other signal.
    if (signal !== 'SIGSTOP') this.child?.kill('SIGCONT');
  }

  /** Asks it to end, and ends it where its grace period is over. Answers how it ended. */
  async stop() {
    const { name, service } = this.plan;
    this.wanted = 'stopped';
    this.#clearTimers();
    if (this.state === 'running') {
      this.kill('SIGTERM');
      const limit = setTimeout(() => {
        this.#line(`did not end within ${service.graceMs / 1000} s`);
        killGroup(this.pid);
      }, service.graceMs);
      await this.ended;
      clearTimeout(limit);
    }
    await this.printed;
    this.log.end();
    return `${name} ended: ${this.exitCode}`;
  }

  #later(ms, action) {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      action();
    }, ms);
    this.timers.add(timer);
  }

  #clearTimers() {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }
}

/** Ends what is left of a group of processes. */
function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // None is left.
  }
}

/** Whether a program can be run at all. */
export function isInstalled(program) {
  return spawnSync('sh', ['-c', `command -v "$0"`, program], { stdio: 'ignore' }).status === 0;
}
