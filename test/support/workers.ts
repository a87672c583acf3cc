/** Workers of the host that tests play on. */
import type { WorkerId } from '../../control-plane/domain/worker-id.js';

export const HOST = 'lb-1';

export function worker(n: number): WorkerId {
  return { host: HOST, n };
}
