/** The admin API over a `TestControl`, without a socket. */
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { createAdminApp, type AdminOptions } from '../../control-plane/admin/admin-server.js';
import type { FleetPort } from '../../control-plane/control-port.js';
import type { Logger, Timers } from '../../shared/ports.js';
import { testControl, type TestControl } from './control-port.js';

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  fatal() {},
};

const realTimers: Timers = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

export interface TestAdmin extends TestControl {
  readonly app: FastifyInstance;
  request(options: InjectOptions): Promise<LightMyRequestResponse>;
  /** With `If-Match: *` unless told otherwise. */
  write(
    method: 'POST' | 'PATCH' | 'DELETE',
    url: string,
    body?: object,
    ifMatch?: string,
  ): Promise<LightMyRequestResponse>;
  close(): Promise<void>;
}

export function adminOptions(control: TestControl, over: Partial<AdminOptions> = {}): AdminOptions {
  return {
    host: '127.0.0.1',
    port: 0,
    token: null,
    control: control.port,
    clock: { now: () => control.story.at },
    timers: realTimers,
    logger: silentLogger,
    ...over,
  };
}

export async function testAdmin(
  over: Partial<AdminOptions> = {},
  fleet: FleetPort | null = null,
): Promise<TestAdmin> {
  const control = await testControl(fleet);
  const app = await createAdminApp(adminOptions(control, over));
  const request = (options: InjectOptions) =>
    app.inject({ ...options, headers: { host: 'localhost:9900', ...options.headers } });
  return {
    ...control,
    app,
    request,
    write: (method, url, body, ifMatch = '*') =>
      request({
        method,
        url,
        headers: { 'if-match': ifMatch },
        ...(body === undefined ? {} : { payload: body }),
      }),
    close: () => app.close(),
  };
}
