/** What a control plane asks of the system around it, so that tests can be the system. */
import type { Clock, Logger, Random, Timers } from '#shared/ports.js';

export interface Surroundings {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** 32 bits of chance. */
  readonly seed: () => number;
  readonly logger: Logger;
}
