/**
 * The last TLS session with each backend, so that a further connection costs one round trip and no certificate check.
 * By origin, because a session that is resumed skips the check of the name (CVE-2025-23419, CVE-2026-48934), and only those whose
 * certificate was verified.
 */

/** Sessions kept, some 2 KB each. Those not used for longest go first. */
export const MAX_SESSIONS = 1_000;

export class TlsSessions {
  readonly #sessions = new Map<string, Buffer>();

  /** The session to offer to this backend, if there is one. */
  of(origin: string): Buffer | undefined {
    return this.#sessions.get(origin);
  }

  /** To be called when the certificate of this backend has been verified. */
  keep(origin: string, session: Buffer): void {
    this.#sessions.delete(origin);
    this.#sessions.set(origin, session);
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= MAX_SESSIONS) return;
      this.#sessions.delete(oldest);
    }
  }

  /** A handshake with it has failed: it is not to fail again for the same reason. */
  forget(origin: string): void {
    this.#sessions.delete(origin);
  }
}
