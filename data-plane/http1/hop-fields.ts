/** The fields that are meant for one hop and never passed on (RFC 9110 §7.6.1), beside those that Connection names. */
import { FIELD } from './wire/fields.js';

/** One bit per kind. Transfer-Encoding and Trailer are not among them: chunks are passed on as chunks. */
export const HOP_FIELDS =
  (1 << FIELD.connection) |
  (1 << FIELD.proxyConnection) |
  (1 << FIELD.keepAlive) |
  (1 << FIELD.te) |
  (1 << FIELD.upgrade) |
  (1 << FIELD.http2Settings) |
  (1 << FIELD.proxyAuthenticate) |
  (1 << FIELD.proxyAuthorization);
