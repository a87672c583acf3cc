/** The forms that the target of a request may have (RFC 9112 §3.2), and the scheme of an absolute one. */

/** Forms of a target that are served. The authority form is CONNECT's. */
export const TARGET_FORM = { origin: 0, absolute: 1, asterisk: 2 } as const;
export type TargetForm = (typeof TARGET_FORM)[keyof typeof TARGET_FORM];

const SCHEMES: readonly string[] = ['http://', 'https://'];

/** Position after `http://` or `https://` at `start`, in any case, or -1. */
export function schemeEnd(bytes: Uint8Array, start: number): number {
  for (const scheme of SCHEMES) {
    if (isScheme(bytes, start, scheme)) return start + scheme.length;
  }
  return -1;
}

function isScheme(bytes: Uint8Array, start: number, scheme: string): boolean {
  for (let i = 0; i < scheme.length; i++) {
    const byte = bytes[start + i] as number;
    const lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    if (lower !== scheme.charCodeAt(i)) return false;
  }
  return true;
}
