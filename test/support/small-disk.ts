/** A file system of a few megabytes that can be filled, freed and made read-only. Needs the right to mount. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, rmdirSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCoded } from '../../control-plane/event-log/sqlite-errors.js';

const SIZE_BYTES = 4 * 1024 * 1024;
/** What is written at a time until nothing more fits. */
const PIECES = [64 * 1024, 4 * 1024] as const;

export class SmallDisk {
  readonly dir: string;
  readonly #filler: string;

  /** Throws where mounting is not allowed. */
  constructor() {
    this.dir = mkdtempSync(join(tmpdir(), 'tidegate-disk-'));
    this.#filler = join(this.dir, 'filler');
    try {
      mount('-t', 'tmpfs', '-o', `size=${SIZE_BYTES}`, 'tidegate-test', this.dir);
    } catch (error) {
      rmdirSync(this.dir);
      throw error;
    }
  }

  /** Takes all the room there is. */
  fill(): void {
    const file = openSync(this.#filler, 'a');
    for (const bytes of PIECES) {
      const piece = Buffer.alloc(bytes, 1);
      while (fits(file, piece));
    }
    closeSync(file);
  }

  free(): void {
    rmSync(this.#filler, { force: true });
  }

  setReadOnly(readOnly: boolean): void {
    mount('-o', `remount,${readOnly ? 'ro' : 'rw'}`, this.dir);
  }

  dispose(): void {
    // Lazily: a worker that is about to end may still have it as its working directory.
    execFileSync('umount', ['-l', this.dir], { stdio: 'pipe' });
    rmdirSync(this.dir);
  }
}

/** Whether this machine lets the tests mount; where not, whoever asks says so. */
export function canMount(): boolean {
  try {
    new SmallDisk().dispose();
    return true;
  } catch {
    process.stderr.write('no right to mount: a disk that is really full is not tried here\n');
    return false;
  }
}

function mount(...args: readonly string[]): void {
  execFileSync('mount', args, { stdio: 'pipe' });
}

/** Whether all of it could be written. */
function fits(file: number, piece: Buffer): boolean {
  try {
    return writeSync(file, piece) === piece.length;
  } catch (error) {
    if (isCoded(error) && error.code === 'ENOSPC') return false;
    throw error;
  }
}
