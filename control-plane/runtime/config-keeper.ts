/**
 * Keeps the running configuration true to its file: reads it when something says that it changed, and turns it into
 * one command. A file with problems changes nothing; they are recorded, and the last good configuration stays.
 */
import type { Logger } from '#shared/ports.js';
import type { Environment } from '../config/environment.js';
import { loadConfig, type Overrides } from '../config/load-config.js';
import { formatProblem } from '../config/format-problem.js';
import { parseConfig } from '../config/parse-config.js';
import { processChanges } from '../config/process-changes.js';
import type { ProcessSettings } from '../config/process-settings.js';
import type { Actor, CommandDraft } from '../domain/commands.js';
import type { Decision } from '../domain/decision.js';
import type { ConfigProblem, MailboxFull, ReloadResult } from './control-port.js';
import type { ConfigSource } from './primary.js';

export interface ConfigKeeperOptions {
  readonly file: string;
  readonly env: Environment;
  readonly overrides: Overrides;
  /** Settings this process was started with: what differs in a new file needs a restart. */
  readonly inForce: ProcessSettings;
  readonly submit: (draft: CommandDraft) => Promise<Decision | MailboxFull>;
  /** Told after each load. */
  readonly loaded: (successful: boolean) => void;
  readonly logger: Logger;
}

export class ConfigKeeper implements ConfigSource {
  readonly #options: ConfigKeeperOptions;
  #queue: Promise<unknown> = Promise.resolve();
  #lastRejected: string | null = null;
  #known: string | null = null;

  constructor(options: ConfigKeeperOptions) {
    this.#options = options;
  }

  /** Reads and applies the file. Reloads asked for at the same time run one after the other. */
  reload(actor: Actor = { kind: 'api' }): Promise<ReloadResult> {
    const result = this.#queue.then(() => this.#load(actor));
    this.#queue = result.catch(() => undefined); // The caller hears of it; the next reload must still run.
    return result;
  }

  /** A reload that nobody waits for: what keeps it from being applied is logged. */
  reloadUnasked(actor: Actor): void {
    const { loaded, logger, file } = this.#options;
    this.reload(actor).catch((error: unknown) => {
      loaded(false);
      logger.error({ file, err: error }, 'configuration not applied: the last good one stays in force');
    });
  }

  /** SHA-256 of the file as it was read last; `null`: it could not be read. */
  get known(): string | null {
    return this.#known;
  }

  validate(text: string): readonly ConfigProblem[] {
    const result = parseConfig(text, this.#options.file, this.#options.env);
    return result.ok ? [] : result.problems;
  }

  async #load(actor: Actor): Promise<ReloadResult> {
    const { file, env, overrides, inForce, submit, loaded, logger } = this.#options;
    const result = await loadConfig(file, env, overrides);
    this.#known = result.sha256;
    if (!result.ok) {
      await this.#reject(result.problems, result.sha256, actor);
      return { kind: 'invalid', problems: result.problems };
    }
    this.#lastRejected = null;
    for (const warning of result.warnings) logger.warn({}, formatProblem(warning));
    const restartNeeded = processChanges(inForce, result.config.process);
    for (const change of restartNeeded) logger.warn({ change }, 'takes effect at the next restart');
    const { document } = result.config;
    const decision = await submit({
      type: 'ApplyConfig',
      file,
      sha256: result.sha256,
      document,
      restartNeeded,
      actor,
    });
    if (decision.kind !== 'accepted') {
      const message =
        decision.kind === 'rejected' ? decision.rejection.message : 'too many commands wait, try again';
      return { kind: 'invalid', problems: [{ file, line: 1, col: 1, path: '', message }] };
    }
    loaded(true);
    return decision.events.length === 0
      ? { kind: 'unchanged' }
      : { kind: 'applied', events: decision.events.length, restartNeeded };
  }

  /** The same faulty file is recorded once, however often it is looked at. */
  async #reject(problems: readonly ConfigProblem[], sha256: string | null, actor: Actor): Promise<void> {
    const { file, submit, loaded, logger } = this.#options;
    const lines = problems.map(formatProblem);
    loaded(false);
    const key = sha256 ?? lines.join('\n');
    if (key === this.#lastRejected) return;
    this.#lastRejected = key;
    for (const line of lines) logger.error({}, line);
    logger.error({ problems: lines.length }, 'configuration not applied: the last good one stays in force');
    await submit({ type: 'RejectConfig', file, problems: lines, actor });
  }
}
