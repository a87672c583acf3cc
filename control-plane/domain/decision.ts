/** The results of `decide`. */
import type { TidegateEvent } from './events.js';
import type { Observations } from './observations.js';
import type { ControlState } from './state.js';

/** All that decisions depend on: the durable state, and what was observed since this primary started. */
export interface World {
  readonly state: ControlState;
  readonly observations: Observations;
}

export const REJECTION_CODES = [
  'unknown_pool',
  'unknown_backend',
  'duplicate_backend',
  'version_conflict',
  'invalid',
] as const;

type RejectionCode = (typeof REJECTION_CODES)[number];

/** Why an operator's command was refused. A refused command changes nothing. */
export interface Rejection {
  readonly code: RejectionCode;
  readonly message: string;
}

export type Decision =
  | {
      readonly kind: 'accepted';
      /** In order; numbers continue after `world.state.seq`. Often empty. */
      readonly events: readonly TidegateEvent[];
      /** The world after the command, with its events and observations. */
      readonly world: World;
    }
  | { readonly kind: 'rejected'; readonly rejection: Rejection };
