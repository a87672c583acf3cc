/** What is read from a request head besides framing: where it is for, and what it may become. Pure. */
import type { ErrorCode } from '#shared/error-code.js';
import { normaliseHost } from '../routing/host.js';
import { routeRequest, type RouteTarget, type RoutingTable } from '../routing/routing-table.js';
import { isTunnelled } from '../upgraded-protocol.js';
import { UPGRADE } from './wire/connection.js';
import { FIELD, firstLine, lineValue, type FieldKind } from './wire/fields.js';
import { forwardedTarget, type RequestHead } from './wire/request-head.js';
import { TARGET_FORM } from './wire/target.js';

/** Host with port as the client sent it, or `null`. */
export function authorityOf(head: RequestHead): string | null {
  return head.hostEnd > head.hostStart ? head.text.slice(head.hostStart, head.hostEnd) : null;
}

/** The target without its query, as it is forwarded. */
export function pathOf(head: RequestHead): string {
  if (head.targetForm !== TARGET_FORM.absolute) return head.text.slice(head.pathStart, head.pathEnd);
  const target = forwardedTarget(head);
  const query = target.indexOf('?');
  return query < 0 ? target : target.slice(0, query);
}

export function targetFor(head: RequestHead, path: string, table: RoutingTable): RouteTarget | ErrorCode {
  // Most tables have no routes by host, and then it need not be looked at.
  const authority = table.routes.hosts.size === 0 ? null : authorityOf(head);
  return routeRequest(table, authority === null ? null : normaliseHost(authority), path);
}

/** The protocol to ask the backend for, or `null`. Other requests for a change are served without it (RFC 9110 §7.8). */
export function protocolAskedFor(head: RequestHead): string | null {
  if (head.connection.upgrade === UPGRADE.none) return null;
  if ((head.fields.repeated & (1 << FIELD.upgrade)) !== 0) return null;
  const asked = valueOf(head, FIELD.upgrade);
  return asked !== null && isTunnelled(asked) ? asked : null;
}

/** The value of the first field of this kind, or `null`. */
export function valueOf(head: RequestHead, kind: FieldKind): string | null {
  const line = firstLine(head.fields, kind);
  return line < 0 ? null : lineValue(head.fields, head.text, line);
}

/** All fields of this kind as one list, or `null`. */
export function joinedValues(head: RequestHead, kind: FieldKind, separator: string): string | null {
  if ((head.fields.present & (1 << kind)) === 0) return null;
  const values: string[] = [];
  for (let line = 0; line < head.fields.count; line++) {
    if (head.fields.kinds[line] === kind) values.push(lineValue(head.fields, head.text, line));
  }
  return values.join(separator);
}
