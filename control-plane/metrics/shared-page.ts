/** One rendering of the metrics for all who ask within a moment, so that many scrapers cost no more than one. */
import type { Timers } from '#shared/ports.js';
import type { MetricsPage } from './registry.js';

/** For how long a page serves, counted from when its rendering began. */
export const PAGE_MS = 250;

export class SharedPage {
  readonly #render: () => Promise<MetricsPage>;
  readonly #timers: Timers;
  #page: Promise<MetricsPage> | null = null;

  constructor(render: () => Promise<MetricsPage>, timers: Timers) {
    this.#render = render;
    this.#timers = timers;
  }

  /** Fails as the rendering does; the next to ask begins another. */
  get(): Promise<MetricsPage> {
    this.#page ??= this.#begin();
    return this.#page;
  }

  /** Forgets the page when its time is over, or when it is there, whichever is later. */
  async #begin(): Promise<MetricsPage> {
    const over = new Promise<void>((resolve) => {
      this.#timers.after(PAGE_MS, resolve);
    });
    try {
      const page = await this.#render();
      void over.then(() => (this.#page = null));
      return page;
    } catch (error) {
      this.#page = null;
      throw error;
    }
  }
}
