/** What `decide` answers. */
import type { TidegateEvent } from './events.js';
import type { Observations } from './observations.js';
import type { ControlState } from './state.js';

/** All that decisions rest on: what is durable, and what has been observed since this primary started. */
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

/** Why an operator's command was not carried out. Nothing of it was. */
export interface Rejection {
  readonly code: RejectionCode;
  readonly message: string;
}

export type Decision =
  | {
      readonly kind: 'accepted';
      /** In order, numbered on from `world.state.seq`; often none. */
      readonly events: readonly TidegateEvent[];
      /** The world after the command: events folded in, observations advanced. */
      readonly world: World;
    }
  | { readonly kind: 'rejected'; readonly rejection: Rejection };
