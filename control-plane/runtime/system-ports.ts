/** What a control plane asks of the system: its name, clock, timers, chance and log. Tests give their own. */
import type { Clock, Logger, Random, Timers } from '#shared/ports.js';

export interface SystemPorts {
  /** Name of this host. */
  readonly host: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** 32 bits of chance. */
  readonly seed: () => number;
  readonly logger: Logger;
}
