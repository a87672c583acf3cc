/** What a control plane asks of the system: clock, timers, chance and log. Tests give their own. */
import type { Clock, Logger, Random, Timers } from '#shared/ports.js';

export interface SystemPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** 32 bits of chance. */
  readonly seed: () => number;
  readonly logger: Logger;
}
