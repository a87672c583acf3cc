/**
 * The pace of a client or backend that is slow on purpose: what a test is about when it lets time pass. A test that only waits
 * for something to have happened uses `wait-until.ts`.
 */

/** Does it after some time. */
export function later(ms: number, act: () => void): void {
  setTimeout(act, ms);
}

/** Does it again and again. Returns how to stop that. */
export function every(ms: number, act: () => void): () => void {
  const timer = setInterval(act, ms);
  return () => clearInterval(timer);
}

/** Lets time pass between two things that a slow peer does. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
