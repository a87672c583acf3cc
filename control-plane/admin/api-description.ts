/** The frame of `/api/v1/openapi.json`. Paths and schemas come from the routes. */
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';

export function describeApi(version: string, withToken: boolean): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tidegate admin API',
        version,
        description:
          'Reads the state of a running Tidegate and changes it. Writes to a pool carry If-Match with the pool version that the last answer gave as ETag, so that nobody overwrites a change that they have not seen. The header X-Tidegate-Actor may name the person behind a write; the event log keeps the name. On a host of a fleet, answers to reads have the headers X-Tidegate-Position, the last event of the log of the fleet that this host has as seq-epoch, and X-Tidegate-Age-Ms, the time since Redis answered this host. Errors are problem documents (RFC 9457).',
        license: { name: 'MIT' },
      },
      tags: [
        { name: 'status', description: 'The state of everything.' },
        { name: 'pools', description: 'Sets of backends that share settings.' },
        { name: 'backends', description: 'Single servers.' },
        { name: 'fleet', description: 'Hosts that share one configuration.' },
        { name: 'events', description: 'What happened, and why.' },
        { name: 'config', description: 'The configuration file.' },
        { name: 'probes', description: 'For monitoring.' },
      ],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'The content of admin.token_file.' },
        },
      },
      security: withToken ? [{ token: [] }] : [],
    },
    transformObject: (document) =>
      'openapiObject' in document ? requireVersions(document.openapiObject) : document.swaggerObject,
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) =>
        typeof json['$id'] === 'string' ? json['$id'] : `schema${index}`,
    },
  };
}

/** `*`, or versions in quotes. */
const IF_MATCH_PATTERN = '^(?:\\*|"[0-9]+"(?:, ?"[0-9]+")*)$';

const METHODS = ['get', 'post', 'patch', 'delete'] as const;

type Description = ReturnType<NonNullable<FastifyDynamicSwaggerOptions['transformObject']>>;

/**
 * Declares the version as required in the description of writes. The schemas that check requests do not require it,
 * because a missing version has an answer of its own (428), and an unknown pool or backend is answered first.
 */
function requireVersions<T extends Description>(description: T): T {
  for (const path of Object.values(description.paths ?? {})) {
    for (const method of METHODS) {
      for (const parameter of path?.[method]?.parameters ?? []) {
        if (!('name' in parameter) || parameter.name !== 'if-match') continue;
        parameter.name = 'If-Match';
        parameter.required = true;
        parameter.schema = { type: 'string', pattern: IF_MATCH_PATTERN };
      }
    }
  }
  return description;
}

/** A list of all paths, for people. */
export function indexOf(description: Description): string {
  const lines = Object.entries(description.paths ?? {}).flatMap(([path, operations]) =>
    METHODS.flatMap((method) => {
      const summary = operations?.[method]?.summary;
      return summary === undefined ? [] : [`${method.toUpperCase().padEnd(6)} ${path.padEnd(41)} ${summary}`];
    }),
  );
  return ['Admin API of Tidegate, described at /api/v1/openapi.json', '', ...lines, ''].join('\n');
}
