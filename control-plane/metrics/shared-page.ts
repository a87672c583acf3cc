/**
 * Shares one rendering of the metrics among all who ask within a moment, so that many scrapers cost no more than one.
 */
import type { Timers } from '#shared/ports.js';
import type { MetricsPage } from './registry.js';

/** How long a page is served, in milliseconds from the beginning of its rendering. */
export const PAGE_MS = 250;

export class SharedPage {
  readonly #render: () => Promise<MetricsPage>;
  readonly #timers: Timers;
  #page: Promise<MetricsPage> | null = null;

  constructor(render: () => Promise<MetricsPage>, timers: Timers) {
    this.#render = render;
    this.#timers = timers;
  }

  /** Rejects if the rendering fails. The next call then starts another rendering. */
  get(): Promise<MetricsPage> {
    this.#page ??= this.#begin();
    return this.#page;
  }

  /** Forgets the page when its time is over, or when it is complete, whichever is later. */
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
