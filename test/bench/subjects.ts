/** The proxies that are measured, as data: adding one means adding a line here. */
import { CADDY } from './caddy.js';
import { HAPROXY } from './haproxy.js';
import { NGINX, NGINX_FITTED } from './nginx.js';
import type { Subject } from './subject.js';
import { TIDEGATE_COMPAT, TIDEGATE_NATIVE } from './tidegate.js';

export const SUBJECTS: readonly Subject[] = [
  NGINX,
  NGINX_FITTED,
  HAPROXY,
  CADDY,
  TIDEGATE_NATIVE,
  TIDEGATE_COMPAT,
];

/** The subjects that the others are compared with, in the same round. */
export const REFERENCES = { plain: NGINX.name, fitted: NGINX_FITTED.name };
