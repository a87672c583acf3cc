import type { LogEntry } from '../../control-plane/fleet/fleet-store.js';
import { systemTimers } from '../../shared/platform/system-clock.js';
import { Chance } from '../simulation/chance.js';
import { ModelFleetStore } from '../support/fleet/model-fleet-store.js';
import { StoreNetwork } from '../support/fleet/store-network.js';
import { fleetStoreContract } from './fleet-store.contract.js';

describe('the model of the store of a fleet', () => {
  fleetStoreContract(() => {
    const time = { now: () => 1_000_000, after: systemTimers.after.bind(systemTimers) };
    const network = new StoreNetwork({ time, chance: new Chance(1), callMs: 1_000, maxDelayMs: 0 });
    const stores: ModelFleetStore[] = [];
    return {
      open: () => {
        const store = new ModelFleetStore(network);
        stores.push(store);
        return store;
      },
      age: (ms) => network.server.stepClock(ms),
      flush: () => network.server.flush(),
      stray: (position, isRemoved) => {
        if (isRemoved) return;
        const { server } = network;
        const entry: LogEntry = { position, text: 'stray' };
        server.state = { ...server.state, log: [...server.state.log, entry] };
      },
      close: async () => {
        for (const store of stores) await store.close();
      },
    };
  });
});
