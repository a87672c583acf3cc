/**
 * Makes what two stores say comparable: times become what they are away from now, in steps that a test does not take. Ids of
 * writes and answers, which each store gives itself, are left out, and so are connections, and deadlines of writes, which no hand
 * can make older.
 */

/** Times within one of these are the same. */
const STEP_MS = 250_000;
const TIMES = new Set(['time', 'until', 'heardAt']);
/** A lease that was given up ended at time 0. */
const GIVEN_UP_MS = -1_000_000_000_000;

export class Comparable {
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  of(value: unknown, name = ''): unknown {
    if (Array.isArray(value)) return value.map((one) => this.of(one));
    if (typeof value === 'object' && value !== null) return this.#object({ ...value });
    if (typeof value === 'number' && TIMES.has(name)) {
      return value === 0 ? 0 : `now + ${steps(value - this.#now())}`;
    }
    const isRest = typeof value === 'number' && name === 'leftMs';
    return isRest ? (value < GIVEN_UP_MS ? 'given up' : steps(value)) : value;
  }

  #object(value: Readonly<Record<string, unknown>>): unknown {
    const { id, nonce } = value;
    const isAnswer = typeof nonce === 'string';
    const isPosted = value['kind'] === 'ok' && id !== undefined;
    const hidden = isAnswer || isPosted ? ['id', 'until', 'connection'] : ['connection'];
    const entries = Object.entries(value).filter(([key]) => !hidden.includes(key));
    return Object.fromEntries(entries.map(([key, one]) => [key, this.of(one, key)]));
  }
}

function steps(ms: number): number {
  return Math.round(ms / STEP_MS);
}
