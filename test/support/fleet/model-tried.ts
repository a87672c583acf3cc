/** The model of the store, without a network, to be tried beside Redis. */
import type { TimerHandle } from '../../../shared/ports.js';
import { Chance } from '../../simulation/chance.js';
import { ModelFleetStore } from './model-fleet-store.js';
import { EMPTY_STORE, isAfter } from './store-state.js';
import { StoreNetwork } from './store-network.js';
import type { TriedStore } from './store-steps.js';

/** Timers of what happens at once; nothing is ever late. */
function atOnce(delayMs: number, callback: () => void): TimerHandle {
  if (delayMs <= 0) queueMicrotask(callback);
  return { cancel: () => undefined };
}

export function modelTried(): TriedStore {
  const time = { now: () => Date.now(), after: atOnce };
  const network = new StoreNetwork({ time, chance: new Chance(1), callMs: 1_000, maxDelayMs: 0 });
  const { server } = network;
  return {
    store: new ModelFleetStore(network),
    now: () => server.now(),
    age: (ms) => Promise.resolve(server.stepClock(ms)),
    flush: () => Promise.resolve(server.flush()),
    remove: (part) => {
      server.state = { ...server.state, [part]: EMPTY_STORE[part] };
      return Promise.resolve();
    },
    stray: (position, isRemoved) => {
      const { log } = server.state;
      const last = log.at(-1)?.position;
      const isTaken = !isRemoved && (last === undefined || isAfter(position, last));
      if (isTaken) server.state = { ...server.state, log: [...log, { position, text: 'stray' }] };
      return Promise.resolve();
    },
    content: () => {
      const { lease, head, log, snapshot, hosts, left, inbox, answers, secret } = server.state;
      return Promise.resolve({
        lease,
        head,
        log: log.filter(({ position }) => position.seq >= (head?.first ?? 0)),
        snapshot,
        hosts: [...hosts]
          .map(([host, entry]) => ({ host, ...entry }))
          .sort((a, b) => (a.host < b.host ? -1 : 1)),
        left,
        inbox: inbox.entries.map(({ id, nonce, epoch, text }) => ({ id, nonce, epoch, text })),
        answers: answers.entries,
        secret,
      });
    },
  };
}
