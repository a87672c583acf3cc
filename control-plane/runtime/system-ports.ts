/** What the control plane needs from the system: host name, clock, timers, random numbers and log. Tests pass their own. */
import type { Clock, Logger, Random, Timers } from '#shared/ports.js';

export interface SystemPorts {
  /** Name of this host. */
  readonly host: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** A random number of 32 bits. */
  readonly seed: () => number;
  readonly logger: Logger;
}
