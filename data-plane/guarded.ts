/**
 * Callbacks that may throw and must not: what peers send leads to them, and an exception in one of them would end the
 * worker with all that others have running on it. Node calls them from its own events, so no `try` further up sees it.
 */

/** A callback that tells `onBug` what `run` throws. */
export function guarded<A extends unknown[]>(
  onBug: (error: unknown) => void,
  run: (...args: A) => void,
): (...args: A) => void {
  return (...args) => {
    try {
      run(...args);
    } catch (error) {
      onBug(error);
    }
  };
}
