/**
 * Applies the configuration file: reads the file when it is told that the file may have changed, and turns it into one
 * command. A file with problems changes nothing. The problems are recorded, and the last good configuration stays in force.
 */
import type { Logger, TimerHandle, Timers } from '#shared/ports.js';
import type { Environment } from '../config/environment.js';
import { loadConfig, type Overrides } from '../config/load-config.js';
import type { Parse } from '../config/parse-aside.js';
import { startProblems } from '../config/file-checks.js';
import { formatProblem } from '../config/format-problem.js';
import { processChanges } from '../config/process-changes.js';
import type { ProcessSettings } from '../config/process-settings.js';
import type { Actor } from '../domain/actor.js';
import type { CommandDraft } from '../domain/commands.js';
import type { ControlState } from '../domain/state.js';
import { driftOf } from '../domain/drift.js';
import { canonicalJson, sha256 } from '../event-log/codec.js';
import { EventLogError } from '../event-log/event-log.js';
import type { ConfigProblem } from '../config/config-problem.js';
import type { NotDecided, ReloadResult, WriteOutcome } from '../control-port.js';
import { type FileStanding, standingOfFile } from '../fleet/whose-file.js';
import type { ConfigSource } from './primary.js';

interface ConfigReloaderOptions {
  readonly file: string;
  readonly env: Environment;
  readonly overrides: Overrides;
  /** Parses in another thread, because parsing would block the control loop. */
  readonly parse: Parse;
  /**
   * The settings with which this process was started. A setting that differs in a new file takes effect at the next restart.
   */
  readonly inForce: ProcessSettings;
  readonly submit: (draft: CommandDraft) => Promise<WriteOutcome>;
  readonly state: () => ControlState;
  /** Decides for this host alone, without its fleet; `null` if this host belongs to no fleet. */
  readonly decideHere: ((draft: CommandDraft) => Promise<WriteOutcome>) | null;
  /** Called after each load. */
  readonly loaded: (successful: boolean) => void;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** How long a file that the fleet could not take waits before it is read and submitted again, in milliseconds. */
export const RETRY_MS = 10_000;

/** How many files may wait while another one is validated. */
export const MAX_WAITING_VALIDATIONS = 4;

export class ConfigReloader implements ConfigSource {
  readonly #options: ConfigReloaderOptions;
  #running: Promise<unknown> = Promise.resolve();
  /** The reload that has not begun yet. It will read the file as it is then, so it serves every caller until it begins. */
  #next: Promise<ReloadResult> | null = null;
  #validating: Promise<unknown> = Promise.resolve();
  #validations = 0;
  #force = false;
  #lastRejected: string | null = null;
  #restartNeeded: readonly string[] = [];
  #known: string | null = null;
  /** Hash of the configuration in the file, as it was read last; `null` if the file is invalid or was not read yet. */
  #content: string | null = null;
  /** Whether the file has changed, since this process last read it, in a way that nothing was decided about. */
  #hasChanged = false;
  /** The actor of the reload that could not be stored or decided; `null` if no reload waits. */
  #waiting: Actor | null = null;
  #retry: TimerHandle | null = null;
  #closed = false;

  constructor(options: ConfigReloaderOptions) {
    this.#options = options;
  }

  /** Reads and applies the file. One reload runs at a time. All reloads that are requested meanwhile share the next one. */
  reload(actor: Actor = { kind: 'api' }, force = false): Promise<ReloadResult> {
    this.#force ||= force;
    if (this.#next !== null) return this.#next;
    const result = this.#running.then(() => {
      this.#next = null;
      const isForced = this.#force;
      this.#force = false;
      return this.#load(actor, isForced);
    });
    this.#next = result;
    this.#running = result.catch(() => undefined); // The caller gets the error. The next reload must run nevertheless.
    return result;
  }

  /** As `reload`. If nothing can be decided now, the file is applied later, because nobody asks again. */
  async reloadSurely(actor: Actor): Promise<ReloadResult> {
    const result = await this.reload(actor);
    if (isDecided(result)) this.#waiting = null;
    else this.#wait(actor, whyNot(result), 'configuration not applied before the fleet can be changed');
    return result;
  }

  /** Starts a reload without a waiting caller. If the file is not applied, the log says why. */
  reloadUnasked(actor: Actor, unchanged: () => void = () => undefined): void {
    const { loaded, logger, file } = this.#options;
    const done = this.reloadSurely(actor).then((result) => {
      if (result.kind === 'unchanged') unchanged();
    });
    done.catch((error: unknown) => {
      loaded(false);
      if (error instanceof EventLogError) {
        this.#wait(actor, error.message, 'configuration not applied before it can be stored');
        return;
      }
      logger.error({ file, err: error }, 'configuration not applied: the last good one stays in force');
    });
  }

  /** Repeats the reload that waits. */
  storeRecovered(): void {
    if (this.#waiting !== null) this.reloadUnasked(this.#waiting);
  }

  /** Gives up the reload that waits. */
  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
  }

  #wait(actor: Actor, reason: string, message: string): void {
    const { logger, file, timers } = this.#options;
    if (this.#waiting === null) logger.warn({ file, reason }, message);
    this.#waiting = actor;
    this.#retry?.cancel();
    if (!this.#closed) this.#retry = timers.after(RETRY_MS, () => this.storeRecovered());
  }

  get restartNeeded(): readonly string[] {
    return this.#restartNeeded;
  }

  /** SHA-256 of the file when it was last read; `null` if it could not be read. */
  get known(): string | null {
    return this.#known;
  }

  get fileStanding(): FileStanding | null {
    if (this.#content === null) return null;
    return standingOfFile({ sha256: this.#content, hasChanged: false }, this.#options.state().applied);
  }

  /** Validates one text at a time, because each validation takes a whole core. Returns `null` if too many texts wait. */
  async validate(text: string): Promise<readonly ConfigProblem[] | null> {
    if (this.#validations > MAX_WAITING_VALIDATIONS) return null;
    const { parse, file, env } = this.#options;
    this.#validations += 1;
    const parsed = this.#validating.then(() => parse(text, file, env));
    this.#validating = parsed.catch(() => undefined); // The caller gets the error.
    try {
      const result = await parsed;
      return result.ok ? [] : result.problems;
    } finally {
      this.#validations -= 1;
    }
  }

  async #load(actor: Actor, isForced: boolean): Promise<ReloadResult> {
    const { file, env, overrides, parse, inForce, state, loaded, logger } = this.#options;
    const result = await loadConfig(file, env, overrides, parse);
    const isNew = result.sha256 !== this.#known;
    if (isNew && this.#known !== null) this.#hasChanged = true;
    this.#known = result.sha256;
    if (!result.ok) {
      this.#content = null;
      await this.#reject(result.problems, result.sha256, actor);
      return { kind: 'invalid', problems: result.problems };
    }
    this.#lastRejected = null;
    if (isNew) for (const warning of result.warnings) logger.warn({}, formatProblem(warning));
    const restartNeeded = await restartsOf(inForce, result.config.process);
    this.#restartNeeded = restartNeeded;
    for (const change of restartNeeded) logger.warn({ change }, 'takes effect at the next restart');
    const { document } = result.config;
    if (document === null) {
      loaded(true);
      return { kind: 'unchanged' };
    }
    const hash = sha256(canonicalJson(document));
    this.#content = hash;
    if (!isForced && this.#isOld(hash)) {
      this.#hasChanged = false;
      loaded(true);
      return { kind: 'unchanged', isOlder: hash !== state().applied?.sha256 };
    }
    const outcome = await this.#submit({ type: 'ApplyConfig', file, sha256: hash, document, actor });
    // A file that may have been applied is news no more: another host may have applied a newer one since.
    if (isDecided(outcome) || outcome.kind === 'unknown') this.#hasChanged = false;
    if (!isDecided(outcome)) return outcome;
    if (outcome.kind === 'rejected') {
      const { message } = outcome.rejection;
      loaded(false);
      logger.warn({ file, reason: message }, 'configuration not applied: the last good one stays in force');
      return { kind: 'invalid', problems: [{ file, line: 1, col: 1, path: '', message }] };
    }
    this.#waiting = null;
    loaded(true);
    const drift = driftOf(state()).length;
    if (drift > 0) {
      logger.warn(
        { file, places: drift },
        'run-time changes differ from the file: tidegate config diff shows them',
      );
    }
    return outcome.events === 0
      ? { kind: 'unchanged' }
      : { kind: 'applied', events: outcome.events, restartNeeded };
  }

  /** Whether the fleet has applied this file before. If so, another host has put a newer configuration in force since. */
  #isOld(hash: string): boolean {
    const { decideHere, state, file, logger } = this.#options;
    if (decideHere === null) return false;
    const standing = standingOfFile({ sha256: hash, hasChanged: this.#hasChanged }, state().applied);
    if (standing === 'older') {
      logger.warn(
        { file },
        'the fleet has had this file before and has another configuration now: it is not applied. tidegate reload --force applies it',
      );
    }
    return standing !== 'news';
  }

  /**
   * Submits a configuration to the fleet. If the fleet is not available and this host knows no configuration yet, this host
   * decides alone. Not a host that stands in the fleet's log, because it would stand there with another state than the log has.
   */
  async #submit(draft: Extract<CommandDraft, { type: 'ApplyConfig' }>): Promise<WriteOutcome> {
    const { submit, decideHere, state } = this.#options;
    const outcome = await submit(draft);
    const { applied, fleet } = state();
    const canDecideHere = applied === null && fleet === null;
    if (outcome.kind !== 'read-only' || decideHere === null || !canDecideHere) return outcome;
    const here = await decideHere({ ...draft, forHostAlone: true });
    // Refused: this host has joined its fleet meanwhile.
    return here.kind === 'rejected' ? outcome : here;
  }

  /**
   * Records the problems of a faulty file once. Later loads of the same file only log a warning, so that an operator who
   * reloads it gets an answer.
   */
  async #reject(problems: readonly ConfigProblem[], hash: string | null, actor: Actor): Promise<void> {
    const { file, submit, loaded, logger } = this.#options;
    const lines = problems.map(formatProblem);
    loaded(false);
    const key = hash ?? lines.join('\n');
    if (key === this.#lastRejected) {
      const more = lines.length > 1 ? ` (and ${lines.length - 1} more)` : '';
      logger.warn({}, `configuration ${file} is still refused: ${lines[0] ?? 'it is not valid'}${more}`);
      return;
    }
    this.#lastRejected = key;
    try {
      // The event's log line names only the first problem; `finally` logs the others.
      await submit({ type: 'RejectConfig', file, problems: lines, actor });
    } catch (error) {
      logger.warn({}, lines[0] ?? 'configuration not applied');
      throw error;
    } finally {
      for (const line of lines.slice(1)) logger.warn({}, line);
    }
  }
}

function isDecided<R extends { readonly kind: string }>(
  result: R | NotDecided,
): result is Exclude<R, NotDecided> {
  return result.kind !== 'read-only' && result.kind !== 'unknown' && result.kind !== 'mailbox-full';
}

/** Says in one sentence why the configuration was not applied. */
function whyNot(outcome: NotDecided): string {
  switch (outcome.kind) {
    case 'mailbox-full':
      return 'too many commands wait';
    case 'read-only':
      return outcome.reason;
    case 'unknown':
      return 'nobody knows whether it was applied, because the leader of the fleet did not answer';
  }
}

/**
 * The changes that take effect at the next restart. If a change would prevent the start, its sentence says so, because the
 * operator should learn it now and not after a reboot.
 */
async function restartsOf(inForce: ProcessSettings, inFile: ProcessSettings): Promise<readonly string[]> {
  const changes = processChanges(inForce, inFile);
  if (changes.length === 0) return changes;
  const refused = await startProblems(inFile);
  return changes.map((change) => {
    const problem = refused.get(change.slice(0, change.indexOf(':')));
    return problem === undefined ? change : `${change}, which no start would take: ${problem}`;
  });
}
