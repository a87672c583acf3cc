/** A store of a fleet that is held to its contract. */
import type { FleetPosition, FleetStore } from '../../control-plane/fleet/fleet-store.js';

export interface FleetStoreSubject {
  /** One more client of the one store. */
  open(): FleetStore | Promise<FleetStore>;
  /** Makes everything in the store so much older; negative: the store's clock goes back. */
  age(ms: number): void | Promise<void>;
  /** Everything in the store is gone. */
  flush(): void | Promise<void>;
  /** Somebody else's hand writes an entry after the end of the log, and may take it away again. */
  stray(position: FleetPosition, isRemoved: boolean): void | Promise<void>;
  close(): void | Promise<void>;
}

/** The subject of the test under way. */
export interface OpenedStore {
  readonly subject: FleetStoreSubject;
  /** A client of it. */
  readonly store: FleetStore;
}
