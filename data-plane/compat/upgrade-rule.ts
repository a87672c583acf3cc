/**
 * Which requests may change the protocol of their connection. Others are served as ordinary requests without the
 * Upgrade field, as RFC 9110 §7.8 allows. Pure.
 */
import { isTunnelled } from '../upgraded-protocol.js';

/** The part of a request that the rule reads. */
export interface UpgradeFacts {
  readonly method?: string | undefined;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
}

/** GET without a body, asking for one protocol which is not HTTP again. */
export function mayUpgrade({ method, httpVersion, rawHeaders }: UpgradeFacts): boolean {
  if (method !== 'GET' || httpVersion !== '1.1') return false;
  const asked: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase();
    if (name === 'content-length' || name === 'transfer-encoding') return false;
    if (name === 'upgrade') asked.push(rawHeaders[i + 1]?.trim() ?? '');
  }
  const [protocol] = asked;
  return asked.length === 1 && protocol !== undefined && isTunnelled(protocol);
}
