/** Tidegate before application servers, as most end-to-end tests want it: fast checks, a quick breaker, ports of the system's choice. */
import { AppServer } from './app-server.js';
import { Tidegate } from './tidegate-process.js';

/** Settings that make state change within a second or two. */
export const QUICK_CHECK =
  'health_check: { interval: 300ms, timeout: 250ms, path: /health, failure_threshold: 3, success_threshold: 2, fast_interval: 100ms }';

export interface Scenario {
  readonly tidegate: Tidegate;
  readonly apps: readonly AppServer[];
  dispose(): Promise<void>;
}

/**
 * For tests that lose nothing whatever happens to Tidegate: a machine that is busy for some seconds must not make backends unhealthy,
 * because then requests are refused, and rightly so.
 */
export const PATIENT_CHECK =
  'health_check: { interval: 2s, timeout: 2s, path: /health, failure_threshold: 5, success_threshold: 2, fast_interval: 100ms }';

/** The part of every configuration that does not matter to the test. */
export function base(workers = 2): string {
  return `listen: { host: 127.0.0.1, port: 0 }
admin: { port: 0 }
workers: ${workers}
log: { format: json }
`;
}

/** The `backends:` list for these servers, with weight 1 or what `weights` says. */
export function backendList(
  apps: readonly AppServer[],
  weights: Readonly<Record<string, number>> = {},
): string {
  const lines = apps.map(({ id, url }) => `  - { id: ${id}, url: "${url}", weight: ${weights[id] ?? 1} }`);
  return `backends:\n${lines.join('\n')}\n`;
}

/** Starts `count` servers named app1, app2, … and Tidegate before them; resolves when all of them take traffic. */
export async function startScenario(
  count: number,
  yaml: (apps: readonly AppServer[]) => string,
): Promise<Scenario> {
  const apps = await Promise.all(
    Array.from({ length: count }, (_, index) => AppServer.start(`app${index + 1}`)),
  );
  const tidegate = await Tidegate.start(yaml(apps)).catch(async (error: unknown) => {
    await Promise.all(apps.map((app) => app.kill()));
    throw error;
  });
  for (const app of apps) await tidegate.untilAvailability(app.id, 'available');
  await tidegate.untilConverged();
  return {
    tidegate,
    apps,
    dispose: async () => {
      await tidegate.dispose();
      await Promise.all(apps.map((app) => app.kill()));
    },
  };
}
