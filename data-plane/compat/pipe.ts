/** Bytes from one stream to another, held while the other is full. */
import type { Readable } from 'node:stream';
import { guarded } from '../guarded.js';

/**
 * As node's `pipe`, but what the destination throws is told: node writes to it from within events that nobody guards, and
 * its messages throw where a head cannot be made of their fields. Passes on the end only where that is asked for.
 */
export function pipeInto(
  from: Readable,
  to: NodeJS.WritableStream & { readonly writableNeedDrain?: boolean },
  onBug: (error: unknown) => void,
  options: { readonly end: boolean },
): void {
  from.on(
    'data',
    guarded(onBug, (chunk: Buffer) => {
      if (!to.write(chunk)) from.pause();
    }),
  );
  if (to.writableNeedDrain === true) from.pause();
  to.on(
    'drain',
    guarded(onBug, () => void from.resume()),
  );
  if (options.end) {
    from.on(
      'end',
      guarded(onBug, () => void to.end()),
    );
  }
}
