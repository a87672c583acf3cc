/** The frame of `/api/v1/openapi.json`; paths and schemas come from the routes. */
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';

export function describeApi(version: string, withToken: boolean): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tidegate admin API',
        version,
        description:
          'Reads the state of a running Tidegate and changes it. Writes to a pool carry If-Match with the pool version that the last answer gave as ETag, so that nobody undoes unseen what somebody else did. The header X-Tidegate-Actor may name who is behind a write; the event log keeps it. Errors are problem documents (RFC 9457).',
        license: { name: 'MIT' },
      },
      tags: [
        { name: 'status', description: 'The whole at a glance.' },
        { name: 'pools', description: 'Sets of backends that share settings.' },
        { name: 'backends', description: 'Single servers.' },
        { name: 'events', description: 'What happened, and why.' },
        { name: 'config', description: 'The configuration file.' },
        { name: 'probes', description: 'For machines that watch.' },
      ],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'The content of admin.token_file.' },
        },
      },
      security: withToken ? [{ token: [] }] : [],
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) =>
        typeof json['$id'] === 'string' ? json['$id'] : `schema${index}`,
    },
  };
}
