/**
 * Connection and Upgrade (RFC 9110 §7.6.1, §7.8): whether the connection stays, whether another protocol is asked for,
 * and which fields are nominated for this hop alone. Naming Host, Content-Length or Transfer-Encoding there is refused:
 * it has been used to have them removed on the way. What the proxy adds itself is added after removal, so naming it does nothing.
 */
import { COMMA, SLASH, TOKEN, isBlank, spells } from './chars.js';
import { FIELD, fieldKind, lineStart, valueEnd, valueStart, type FieldTable } from './fields.js';
import type { RefusalReason } from './refusal.js';

/** Most fields that one head may nominate. */
export const NOMINATIONS_MAX = 16;

/** Protocol asked for or agreed to by Upgrade together with `Connection: upgrade`. */
export const UPGRADE = { none: 0, websocket: 1, other: 2 } as const;
export type UpgradeKind = (typeof UPGRADE)[keyof typeof UPGRADE];

export interface ConnectionFields {
  /** The option `close` stands there. */
  close: boolean;
  /** The option `keep-alive` stands there. */
  keepAlive: boolean;
  /** The option `upgrade` stands there. */
  upgradeOption: boolean;
  /** The protocol of Upgrade, where the option says that it counts. */
  upgrade: UpgradeKind;
  /** Fields named for removal, without those that are hop-by-hop anyway and without cookies. */
  nominationCount: number;
  /** Two numbers each, from the start of the head: start and end of the name. */
  readonly nominations: Int32Array;
}

export function createConnectionFields(): ConnectionFields {
  return {
    close: false,
    keepAlive: false,
    upgradeOption: false,
    upgrade: UPGRADE.none,
    nominationCount: 0,
    nominations: new Int32Array(NOMINATIONS_MAX * 2),
  };
}

const READ_HERE = (1 << FIELD.connection) | (1 << FIELD.upgrade);
/**
 * Not counted as nominated: fields that end at this hop anyway, and cookies, which are for the other end (`routing/headers.ts` has
 * the same rule).
 */
const NOT_COUNTED =
  READ_HERE |
  (1 << FIELD.te) |
  (1 << FIELD.keepAlive) |
  (1 << FIELD.proxyConnection) |
  (1 << FIELD.http2Settings) |
  (1 << FIELD.cookie) |
  (1 << FIELD.setCookie);
const NEVER_NOMINATED = (1 << FIELD.host) | (1 << FIELD.contentLength) | (1 << FIELD.transferEncoding);

/** Reads all Connection and Upgrade lines. `origin` is the position of the head in `bytes`. */
export function readConnection(
  connection: ConnectionFields,
  fields: FieldTable,
  bytes: Uint8Array,
  origin: number,
): RefusalReason | null {
  connection.close = false;
  connection.keepAlive = false;
  connection.upgradeOption = false;
  connection.upgrade = UPGRADE.none;
  connection.nominationCount = 0;
  if ((fields.present & READ_HERE) === 0) return null;
  let protocol: UpgradeKind = UPGRADE.none;
  for (let line = 0; line < fields.count; line++) {
    const kind = fields.kinds[line];
    if (kind !== FIELD.connection && kind !== FIELD.upgrade) continue;
    const start = origin + valueStart(fields, line);
    const end = origin + valueEnd(fields, line);
    if (kind === FIELD.connection) {
      const reason = readOptions(connection, bytes, { origin, start, end });
      if (reason !== null) return reason;
    } else {
      if (!isProtocolList(bytes, start, end)) return 'upgrade';
      const websocket: boolean =
        protocol === UPGRADE.none && end - start === 9 && spells(bytes, start, 'websocket');
      protocol = websocket ? UPGRADE.websocket : UPGRADE.other;
    }
  }
  if (connection.upgradeOption) connection.upgrade = protocol;
  return null;
}

/** Whether the line with this number is nominated by Connection, compared without regard to case. */
export function isNominated(
  connection: ConnectionFields,
  fields: FieldTable,
  text: string,
  line: number,
): boolean {
  const start = lineStart(fields, line);
  const length = (fields.bounds[line * 4 + 1] as number) - start;
  for (let i = 0; i < connection.nominationCount; i++) {
    const other = connection.nominations[i * 2] as number;
    if ((connection.nominations[i * 2 + 1] as number) - other !== length) continue;
    const name = text.slice(start, start + length).toLowerCase();
    if (name === text.slice(other, other + length).toLowerCase()) return true;
  }
  return false;
}

interface Span {
  readonly origin: number;
  readonly start: number;
  readonly end: number;
}

/** One list of options. Empty elements are allowed by RFC 9110 §5.6.1 and skipped. */
function readOptions(connection: ConnectionFields, bytes: Uint8Array, span: Span): RefusalReason | null {
  let position = span.start;
  while (position < span.end) {
    const first = position;
    while (position < span.end && (TOKEN[bytes[position] as number] as number) > 0) position++;
    if (position > first) {
      const reason = takeOption(connection, bytes, { origin: span.origin, start: first, end: position });
      if (reason !== null) return reason;
    }
    while (position < span.end && isBlank(bytes[position])) position++;
    if (position === span.end) return null;
    if (bytes[position++] !== COMMA) return 'connection';
    while (position < span.end && isBlank(bytes[position])) position++;
  }
  return null;
}

function takeOption(connection: ConnectionFields, bytes: Uint8Array, option: Span): RefusalReason | null {
  const { origin, start, end } = option;
  const length = end - start;
  if (length === 5 && spells(bytes, start, 'close')) {
    connection.close = true;
    return null;
  }
  const kind = fieldKind(bytes, start, length);
  if (kind === FIELD.keepAlive) connection.keepAlive = true;
  if (kind === FIELD.upgrade) connection.upgradeOption = true;
  if ((NOT_COUNTED & (1 << kind)) !== 0) return null;
  if ((NEVER_NOMINATED & (1 << kind)) !== 0) return 'connection_nominates';
  const count = connection.nominationCount;
  if (count === NOMINATIONS_MAX) return 'connection';
  connection.nominations[count * 2] = start - origin;
  connection.nominations[count * 2 + 1] = end - origin;
  connection.nominationCount = count + 1;
  return null;
}

/** `name[/version]`, separated by commas, at least one. */
function isProtocolList(bytes: Uint8Array, start: number, end: number): boolean {
  let position = start;
  for (;;) {
    const name = tokenEnd(bytes, position, end);
    if (name === position) return false;
    position = name;
    if (position < end && bytes[position] === SLASH) {
      const version = tokenEnd(bytes, position + 1, end);
      if (version === position + 1) return false;
      position = version;
    }
    while (position < end && isBlank(bytes[position])) position++;
    if (position === end) return true;
    if (bytes[position++] !== COMMA) return false;
    while (position < end && isBlank(bytes[position])) position++;
  }
}

function tokenEnd(bytes: Uint8Array, start: number, end: number): number {
  let position = start;
  while (position < end && (TOKEN[bytes[position] as number] as number) > 0) position++;
  return position;
}
