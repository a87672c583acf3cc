/**
 * What a simulated host does, one thing after the other, without promises: a generator that yields what it waits for. A run with
 * thousands of calls then takes milliseconds.
 */
import type { Unavailable } from '../../../control-plane/fleet/fleet-store.js';
import type { StoreModel } from './store-model.js';

export type Step =
  | { readonly kind: 'call'; readonly run: (store: StoreModel) => unknown }
  | { readonly kind: 'wait'; readonly ms: number }
  /** Until the function that is handed out is called. */
  | { readonly kind: 'pause'; readonly begin: (resume: () => void) => void };

export type Activity<T = void> = Generator<Step, T, unknown>;

/** Asks the store. */
export function* ask<T>(run: (store: StoreModel) => T): Activity<T | Unavailable> {
  return (yield { kind: 'call', run }) as T | Unavailable;
}

/** As `ask`, for what the model answers plainly. */
export function* find<T>(
  run: (store: StoreModel) => T,
): Activity<{ readonly kind: 'ok'; readonly value: T } | Unavailable> {
  return yield* ask((store): { readonly kind: 'ok'; readonly value: T } => ({
    kind: 'ok',
    value: run(store),
  }));
}

export function* wait(ms: number): Activity {
  yield { kind: 'wait', ms };
}
