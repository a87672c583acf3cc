/** Waits for a condition, with a deadline: the only waiting that tests do. */

const POLL_MS = 10;
/** Only a wait that fails takes so long: a busy machine must not decide what a test says. */
export const GENEROUS_MS = 60_000;

/** Resolves with the first value that is neither `undefined`, `null` nor `false`. Fails with `what` after `limitMs`. */
export async function waitUntil<Value>(
  what: string,
  condition: () => Value | Promise<Value>,
  limitMs = GENEROUS_MS,
): Promise<NonNullable<Exclude<Value, false>>> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== null && value !== false) {
      return value as NonNullable<Exclude<Value, false>>;
    }
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms for: ${what}`);
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, POLL_MS);
    await promise;
  }
}

/** Waits until a figure has stayed within `tolerance` of what it was for `forMs`; answers it. */
export async function untilStill(
  what: string,
  read: () => number,
  { tolerance = 0, forMs }: { readonly tolerance?: number; readonly forMs: number },
): Promise<number> {
  let value = read();
  let since = performance.now();
  await waitUntil(`${what} to stand still`, () => {
    const present = read();
    if (Math.abs(present - value) > tolerance) {
      value = present;
      since = performance.now();
    }
    return performance.now() - since >= forMs;
  });
  return value;
}
