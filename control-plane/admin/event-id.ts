/**
 * The ids of a stream of events. A client that comes back names the last one that it has. Where there is one host, that is the number
 * of the event. Each host of a fleet numbers its own log, so there it also names the host and the epoch. Pure.
 */

/** The last event that a client has. */
export interface ResumePoint {
  readonly seq: number;
  /** `null`: the client named the number alone. */
  readonly of: { readonly epoch: number; readonly host: string } | null;
}

const ID = /^(\d{1,15})(?:-(\d{1,15})@([^\s@]{1,255}))?$/;

/** @param host the host of a fleet whose log has the event; `null`: there is no fleet */
export function eventId(
  { seq, epoch }: { readonly seq: number; readonly epoch: number },
  host: string | null,
): string {
  return host === null ? String(seq) : `${seq}-${epoch}@${host}`;
}

/** `null`: it is no id of an event. */
export function parseEventId(text: string): ResumePoint | null {
  const [, seq, epoch, host] = ID.exec(text) ?? [];
  if (seq === undefined) return null;
  const of = epoch === undefined || host === undefined ? null : { epoch: Number(epoch), host };
  return { seq: Number(seq), of };
}
