/**
 * What operators are told of the replicas of Redis that an append has to be on before its writes are answered. Too few of them
 * refuse nothing: the append is in the log, and would be lost where Redis failed over before they have it.
 */
import type { Logger } from '#shared/ports.js';

/** How long Redis waits for its replicas at the end of an append, in milliseconds. Beats of the host wait with it. */
const REPLICA_WAIT_MS = 100;

interface ReplicaWatchOptions {
  /** So many replicas have to have an append; 0: none is asked for. */
  readonly wanted: number;
  readonly logger: Logger;
}

export class ReplicaWatch {
  /** Called with each append that too few replicas have. */
  onShort: () => void = () => undefined;
  readonly wanted: number;
  readonly waitMs = REPLICA_WAIT_MS;
  readonly #logger: Logger;
  /** How many had what was written last; `null`: Redis did not say. `undefined`: enough of them had it. */
  #short: number | null | undefined = undefined;

  constructor({ wanted, logger }: ReplicaWatchOptions) {
    this.wanted = wanted;
    this.#logger = logger;
  }

  /** Whether the last write that was looked at is on too few replicas. */
  get isShort(): boolean {
    return this.#short !== undefined;
  }

  /** What is wrong, in one sentence; `null`: nothing. */
  get warning(): string | null {
    if (this.#short === undefined) return null;
    const had = this.#short === null ? 'it is not known whether' : `${this.#short} of`;
    return `${had} ${this.wanted} replicas of Redis had the last change within ${REPLICA_WAIT_MS} ms: it is accepted, and would be lost if Redis failed over now`;
  }

  /** @param replicas that have it; `null`: Redis did not say */
  appended(replicas: number | null): void {
    this.looked(replicas);
    if (this.isShort) this.onShort();
  }

  /** A later write on the connection tells whether replicas have caught up. */
  looked(replicas: number | null): void {
    const wasShort = this.isShort;
    this.#short = replicas !== null && replicas >= this.wanted ? undefined : replicas;
    if (this.isShort === wasShort) return;
    const fields = { wanted: this.wanted, replicas };
    if (this.isShort) this.#logger.warn(fields, 'too few replicas of Redis have the changes of the fleet');
    else this.#logger.info(fields, 'enough replicas of Redis have the changes of the fleet again');
  }
}
