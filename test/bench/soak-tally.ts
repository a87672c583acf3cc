/** What happened to the load of a soak, and what must not have happened. Counts only; who judges is whoever calls. */

export interface ActionCount {
  started: number;
  answered: number;
  /** Answers by class: `2xx`, `4xx`, `5xx`. */
  readonly classes: Map<string, number>;
  /** Connections that ended without a whole answer, where the load had asked for that. */
  cut: number;
  /** Given up by the client, on purpose. */
  aborted: number;
}

const MAX_VIOLATIONS_KEPT = 40;

export class SoakTally {
  readonly actions = new Map<string, ActionCount>();
  readonly violations: string[] = [];
  violationCount = 0;
  readonly #now: () => number;
  readonly #onViolation: (line: string) => void;

  /** @param now milliseconds since the start */
  constructor(now: () => number, onViolation: (line: string) => void) {
    this.#now = now;
    this.#onViolation = onViolation;
  }

  started(action: string): void {
    this.#of(action).started += 1;
  }

  answered(action: string, status: number): void {
    const count = this.#of(action);
    const name = `${Math.floor(status / 100)}xx`;
    count.answered += 1;
    count.classes.set(name, (count.classes.get(name) ?? 0) + 1);
  }

  cut(action: string): void {
    this.#of(action).cut += 1;
  }

  aborted(action: string): void {
    this.#of(action).aborted += 1;
  }

  violation(action: string, what: string): void {
    this.violationCount += 1;
    if (this.violations.length >= MAX_VIOLATIONS_KEPT) return;
    const line = `${Math.round(this.#now())} ms, ${action}: ${what}`;
    this.violations.push(line);
    this.#onViolation(line);
  }

  #of(action: string): ActionCount {
    let count = this.actions.get(action);
    if (count === undefined) {
      count = { started: 0, answered: 0, classes: new Map(), cut: 0, aborted: 0 };
      this.actions.set(action, count);
    }
    return count;
  }
}
