/** Turns results of health checks into commands for the control loop, and warns in the log when checks run late. */
import type { Logger, Timers } from '#shared/ports.js';
import type { CommandDraft } from '../domain/commands.js';
import type { CheckLag } from '../health-checks/punctuality.js';

/** How long results are gathered before they are recorded, in milliseconds. */
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
   * Records results of the same millisecond together, so that they share one append. The first checks of many backends each
   * change something, and one write to the disk takes about a millisecond.
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
