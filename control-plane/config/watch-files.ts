/**
 * Reports when the content of some files has changed: the configuration file, or certificate and key.
 *
 * It watches directories, not files (`watched-places.ts` says why). A comparison of hashes decides whether there is a
 * change. It also reads the files every few seconds, because some file systems report nothing (bind mounts of single
 * files, network file systems). The caller decides what a change means and whether the new content is valid.
 */
import { type FSWatcher, watch } from 'node:fs';
import { basename } from 'node:path';
import { readSmallFile } from './read-file.js';
import { type WatchedPlaces, watchedPlaces } from './watched-places.js';

/** Quiet time after a change before the files are read, in milliseconds, so that writers can finish. */
const DEBOUNCE_MS = 200;
/** Longest wait while changes keep coming, in milliseconds. */
const MAX_DEBOUNCE_MS = 2_000;
/** Time between two readings of the files when nothing is reported, in milliseconds. */
export const POLL_MS = 10_000;
/** Only so many bytes of a file are compared. */
const MAX_COMPARED_BYTES = 2_097_152;

interface WatchOptions {
  readonly files: readonly string[];
  /** SHA-256 of each file as it is in force, in the same order; `null` for one that could not be read. */
  readonly known: readonly (string | null)[];
  /**
   * Called once per change, in the order of changes, and never after `close`. The removal of a file is a change, too.
   */
  readonly onChange: () => void;
  readonly debounceMs?: number;
  readonly pollMs?: number;
}

export interface FileWatch {
  /** Resolves when the first watches are set up. Later changes are reported at once and not only by polling. */
  readonly ready: Promise<void>;
  close(): void;
}

export function watchFiles(options: WatchOptions): FileWatch {
  const watcher = new Watcher(options);
  return { ready: watcher.look(), close: () => watcher.close() };
}

class Watcher {
  readonly #options: WatchOptions;
  readonly #poll: NodeJS.Timeout;
  #known: string;
  #watches: readonly FSWatcher[] = [];
  #pending: NodeJS.Timeout | null = null;
  #pendingSince = 0;
  #looking: Promise<void> | null = null;
  #lookAgain = false;
  #closed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#known = JSON.stringify(options.known);
    this.#poll = setInterval(() => void this.look(), options.pollMs ?? POLL_MS).unref();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#poll);
    if (this.#pending) clearTimeout(this.#pending);
    for (const watch of this.#watches) watch.close();
    this.#watches = [];
  }

  /** Sets up the watches anew, then compares. A change between the two is therefore seen by one of them. */
  look(): Promise<void> {
    if (this.#looking) {
      this.#lookAgain = true;
      return this.#looking;
    }
    this.#looking = this.#lookUntilQuiet();
    return this.#looking;
  }

  async #lookUntilQuiet(): Promise<void> {
    do {
      this.#lookAgain = false;
      this.#watchAnew(await watchedPlaces(this.#options.files));
      const found = JSON.stringify(await hashesOf(this.#options.files));
      if (this.#closed) break;
      if (found !== this.#known) {
        this.#known = found;
        this.#options.onChange();
      }
    } while (this.#lookAgain);
    this.#looking = null;
  }

  /**
   * Makes all watches anew, because a watch stays with the directory it was made for, even when another one has taken
   * its place.
   */
  #watchAnew(places: WatchedPlaces): void {
    if (this.#closed) return;
    const before = this.#watches;
    this.#watches = [...places].flatMap(([directory, names]) => this.#watchDirectory(directory, names));
    for (const watch of before) watch.close();
  }

  #watchDirectory(directory: string, names: ReadonlySet<string>): FSWatcher[] {
    try {
      const watcher = watch(directory, { persistent: false }, (_event, name) => {
        if (name === null || names.has(name) || name === basename(directory)) this.#changed();
      });
      watcher.on('error', () => this.#changed());
      return [watcher];
    } catch {
      // The directory has gone meanwhile, or the kernel has no watches left. Polling will find changes.
      return [];
    }
  }

  #changed(): void {
    if (this.#closed) return;
    const at = performance.now();
    if (this.#pending) clearTimeout(this.#pending);
    else this.#pendingSince = at;
    const debounceMs = this.#options.debounceMs ?? DEBOUNCE_MS;
    const latest = this.#pendingSince + Math.max(MAX_DEBOUNCE_MS, debounceMs);
    const wait = Math.max(0, Math.min(debounceMs, latest - at));
    this.#pending = setTimeout(() => {
      this.#pending = null;
      void this.look();
    }, wait).unref();
  }
}

async function hashesOf(files: readonly string[]): Promise<(string | null)[]> {
  const results = await Promise.all(files.map((file) => readSmallFile(file, MAX_COMPARED_BYTES)));
  return results.map((result) => (result.ok ? result.sha256 : null));
}
