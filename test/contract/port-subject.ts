/** What a contract of a port is tried on. */
export interface PortSubject<T> {
  /** Begins an empty one. */
  open(): Promise<T>;
  /** Closes the one that is open, and opens what is left of it; the same one where nothing outlives its process. */
  reopen(): Promise<T>;
  close(): Promise<void>;
}

/** One port of several that are stored together. `prepare` makes what it needs of the others. */
export function partOf<W, P>(
  subject: PortSubject<W>,
  part: (whole: W) => P,
  prepare: (whole: W) => Promise<void> = async () => undefined,
): PortSubject<P> {
  return {
    open: async () => {
      const whole = await subject.open();
      await prepare(whole);
      return part(whole);
    },
    reopen: async () => part(await subject.reopen()),
    close: () => subject.close(),
  };
}
