/**
 * Keeps the running configuration true to its file: reads it when something says that it changed, and turns it into
 * one command. A file with problems changes nothing; they are recorded, and the last good configuration stays.
 */
import type { Logger } from '#shared/ports.js';
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
import type { ReloadResult, WriteOutcome } from '../control-port.js';
import { standingOfFile } from '../fleet/whose-file.js';
import type { ConfigSource } from './primary.js';

interface ConfigReloaderOptions {
  readonly file: string;
  readonly env: Environment;
  readonly overrides: Overrides;
  /** Aside, where it takes no time from the control loop. */
  readonly parse: Parse;
  /** Settings this process was started with: what differs in a new file needs a restart. */
  readonly inForce: ProcessSettings;
  readonly submit: (draft: CommandDraft) => Promise<WriteOutcome>;
  readonly state: () => ControlState;
  /** Decides for this host alone; `null`: it always does. */
  readonly decideHere: ((draft: CommandDraft) => Promise<WriteOutcome>) | null;
  /** Told after each load. */
  readonly loaded: (successful: boolean) => void;
  readonly logger: Logger;
}

/** Files whose validation waits for that of another. */
export const MAX_WAITING_VALIDATIONS = 4;

export class ConfigReloader implements ConfigSource {
  readonly #options: ConfigReloaderOptions;
  #running: Promise<unknown> = Promise.resolve();
  /** The reload that has not begun: it will see whatever is in the file now. */
  #next: Promise<ReloadResult> | null = null;
  #validating: Promise<unknown> = Promise.resolve();
  #validations = 0;
  #force = false;
  #lastRejected: string | null = null;
  #restartNeeded: readonly string[] = [];
  #known: string | null = null;
  /** Who wanted the file applied while nothing could be stored; `null`: nobody. */
  #waiting: Actor | null = null;

  constructor(options: ConfigReloaderOptions) {
    this.#options = options;
  }

  /** Reads and applies the file. One reload runs at a time; all that are asked for meanwhile are one more. */
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
    this.#running = result.catch(() => undefined); // The caller hears of it; the next reload must still run.
    return result;
  }

  /** A reload that nobody waits for: what keeps it from being applied is logged. */
  reloadUnasked(actor: Actor, unchanged: () => void = () => undefined): void {
    const { loaded, logger, file } = this.#options;
    const done = this.reload(actor).then((result) => {
      if (result.kind === 'unchanged') unchanged();
      if (result.kind !== 'read-only') return;
      this.#waiting = actor;
      logger.warn(
        { file, reason: result.reason },
        'configuration not applied before the fleet can be changed',
      );
    });
    done.catch((error: unknown) => {
      loaded(false);
      if (error instanceof EventLogError) {
        this.#waiting = actor;
        logger.warn({ file, reason: error.message }, 'configuration not applied before it can be stored');
        return;
      }
      logger.error({ file, err: error }, 'configuration not applied: the last good one stays in force');
    });
  }

  /** Applies what could not be stored when it was read. */
  storeRecovered(): void {
    const actor = this.#waiting;
    this.#waiting = null;
    if (actor !== null) this.reloadUnasked(actor);
  }

  get restartNeeded(): readonly string[] {
    return this.#restartNeeded;
  }

  /** SHA-256 of the file as it was read last; `null`: it could not be read. */
  get known(): string | null {
    return this.#known;
  }

  /** One at a time, because each takes a whole core. `null`: too many wait. */
  async validate(text: string): Promise<readonly ConfigProblem[] | null> {
    if (this.#validations > MAX_WAITING_VALIDATIONS) return null;
    const { parse, file, env } = this.#options;
    this.#validations += 1;
    const parsed = this.#validating.then(() => parse(text, file, env));
    this.#validating = parsed.catch(() => undefined); // Its caller hears of it.
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
    const hasChanged = isNew && this.#known !== null;
    this.#known = result.sha256;
    if (!result.ok) {
      await this.#reject(result.problems, result.sha256, actor);
      return { kind: 'invalid', problems: result.problems };
    }
    this.#lastRejected = null;
    if (isNew) for (const warning of result.warnings) logger.warn({}, formatProblem(warning));
    const restartNeeded = await restartsOf(inForce, result.config.process);
    this.#restartNeeded = restartNeeded;
    for (const change of restartNeeded) logger.warn({ change }, 'takes effect at the next restart');
    const { document } = result.config;
    const hash = sha256(canonicalJson(document));
    if (!isForced && (await this.#isOld(hash, hasChanged))) {
      loaded(true);
      return { kind: 'unchanged', isOlder: hash !== state().applied?.sha256 };
    }
    const outcome = await this.#submit({ type: 'ApplyConfig', file, sha256: hash, document, actor });
    if (outcome.kind === 'read-only') return outcome;
    if (outcome.kind !== 'accepted') {
      return { kind: 'invalid', problems: [{ file, line: 1, col: 1, path: '', message: whyNot(outcome) }] };
    }
    this.#waiting = null;
    loaded(true);
    const drift = driftOf(state()).length;
    if (drift > 0) {
      logger.warn(
        { file, places: drift },
        'run-time changes differ from the file: tidegate config diff tells them',
      );
    }
    return outcome.events === 0
      ? { kind: 'unchanged' }
      : { kind: 'applied', events: outcome.events, restartNeeded };
  }

  /** Whether the fleet has had what the file says: then another host has put something else in force since. */
  async #isOld(hash: string, hasChanged: boolean): Promise<boolean> {
    const { decideHere, state, file, logger } = this.#options;
    if (decideHere === null) return false;
    const standing = standingOfFile({ sha256: hash, hasChanged }, state().applied);
    if (standing === 'older') {
      logger.warn(
        { file },
        'the fleet has had this file before and has another configuration now: it is not applied. tidegate reload --force applies it',
      );
    }
    return standing !== 'news';
  }

  /** A host that starts without its fleet and knows no configuration goes by its own file. */
  async #submit(draft: CommandDraft): Promise<WriteOutcome> {
    const { submit, decideHere, state } = this.#options;
    const outcome = await submit(draft);
    if (outcome.kind !== 'read-only' || decideHere === null || state().applied !== null) return outcome;
    return decideHere(draft);
  }

  /** The same faulty file is recorded once, however often it is looked at. An operator who has it read again is told again. */
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
      // The event tells of the first.
      await submit({ type: 'RejectConfig', file, problems: lines, actor });
    } catch (error) {
      logger.warn({}, lines[0] ?? 'configuration not applied');
      throw error;
    } finally {
      for (const line of lines.slice(1)) logger.warn({}, line);
    }
  }
}

/** Why a file was not applied, in one sentence. */
function whyNot(outcome: Exclude<WriteOutcome, { kind: 'accepted' }>): string {
  switch (outcome.kind) {
    case 'rejected':
      return outcome.rejection.message;
    case 'mailbox-full':
      return 'too many commands wait, try again';
    case 'read-only':
      return `the fleet cannot be changed from here now: ${outcome.reason}`;
    case 'unknown':
      return 'nobody knows whether it was applied, because the leader of the fleet did not answer; look and try again';
  }
}

/** What waits for a restart, and what would then keep Tidegate from starting: better told now than after a reboot. */
async function restartsOf(inForce: ProcessSettings, inFile: ProcessSettings): Promise<readonly string[]> {
  const changes = processChanges(inForce, inFile);
  if (changes.length === 0) return changes;
  const refused = await startProblems(inFile);
  return changes.map((change) => {
    const problem = refused.get(change.slice(0, change.indexOf(':')));
    return problem === undefined ? change : `${change}, which no start would take: ${problem}`;
  });
}
