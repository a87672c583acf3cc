/** What comes of health checks: commands for the control loop, and a line when checks are late. */
import type { Logger, Timers } from '#shared/ports.js';
import type { CommandDraft } from '../domain/commands.js';
import type { CheckLag } from '../health-checks/punctuality.js';

/** For how long results are gathered. */
const TOGETHER_MS = 1;

interface CheckReportsDeps {
  readonly record: (draft: CommandDraft) => void;
  readonly timers: Timers;
  readonly logger: Logger;
}

export class CheckReports {
  readonly #deps: CheckReportsDeps;
  #results: CommandDraft[] = [];

  constructor(deps: CheckReportsDeps) {
    this.#deps = deps;
  }

  /**
   * Results of a moment are recorded together, so that they share one append: the first checks of many backends change
   * something each, and one write to the disk takes a millisecond.
   */
  result(draft: CommandDraft): void {
    this.#results.push(draft);
    if (this.#results.length > 1) return;
    this.#deps.timers.after(TOGETHER_MS, () => {
      const results = this.#results;
      this.#results = [];
      for (const each of results) this.#deps.record(each);
    });
  }

  lagChanged({ behind, lateMs, waiting }: CheckLag): void {
    const { logger } = this.#deps;
    if (behind) {
      const advice =
        'health checks are late: more are due than this process can make. Raise health_check.interval, or lower the timeout where backends hang';
      logger.warn({ lateMs, waiting }, advice);
    } else logger.info({ lateMs }, 'health checks are in time again');
  }
}
