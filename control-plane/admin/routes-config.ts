/** The configuration: what is in force, whether a file would be taken, and taking it. */
import type { FastifyInstance } from 'fastify';
import { MAX_CONFIG_BYTES } from '../config/parse-config.js';
import type { ControlPort } from '../control-port.js';
import { driftOf } from '../domain/drift.js';
import type { ConfigViewDocument } from './documents.js';
import { driftDocuments } from './drift-view.js';
import { isoTime } from '../domain/iso-time.js';
import { liveConfig } from './live-config.js';
import { fieldProblem, sendProblem } from './problem.js';
import { rejectedLoad } from './views.js';
import type { RunTimeChanges } from './run-time-changes.js';
import { answers, json, ref } from './schemas.js';

const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'];

export function configRoutes(app: FastifyInstance, port: ControlPort, changes: RunTimeChanges): void {
  app.get(
    '/api/v1/config',
    {
      schema: {
        operationId: 'getConfig',
        summary: 'The configuration in force',
        description:
          'Where it came from, what run-time changes made different from the file, what waits for a restart. Never secrets.',
        tags: ['config'],
        response: answers({ 200: json(ref('Config'), 'The configuration.') }),
      },
    },
    async () => configDocument(port, changes),
  );
  app.post(
    '/api/v1/config/reload',
    {
      schema: {
        operationId: 'reloadConfig',
        summary: 'Read the configuration file again',
        description: 'Takes no body. An invalid file changes nothing.',
        tags: ['config'],
        response: answers({ 200: json(ref('Reload'), 'What came of it.') }),
      },
    },
    async (_request, reply) => {
      const result = await port.reloadConfig();
      if (result.kind === 'invalid') {
        return sendProblem(reply, {
          type: 'invalid_config',
          detail: `The file ${port.configFile} is not valid; the configuration in force stays.`,
          problems: result.problems.map(fieldProblem),
        });
      }
      const { state } = port.world();
      const drift = driftOf(state).length;
      return result.kind === 'applied'
        ? { result: 'applied', events: result.events, restart_needed: result.restartNeeded, drift }
        : { result: 'unchanged', events: 0, restart_needed: state.applied?.restartNeeded ?? [], drift };
    },
  );
  // In a scope of its own, because only this route takes YAML.
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(YAML_TYPES, { parseAs: 'string' }, (_request, body, done) => done(null, body));
    validateRoute(scope, port);
  });
}

function validateRoute(app: FastifyInstance, port: ControlPort): void {
  app.post<{ readonly Body: string }>(
    '/api/v1/config/validate',
    {
      bodyLimit: MAX_CONFIG_BYTES,
      schema: {
        operationId: 'validateConfig',
        summary: 'Check a configuration file',
        description:
          'Changes nothing. Variables are substituted from the environment of the running primary, and never told. Certificate, key and token files are not read: the command line does that.',
        tags: ['config'],
        consumes: YAML_TYPES,
        body: { type: 'string' },
        response: answers({
          200: json(ref('Validation'), 'Whether it is valid, and all that is wrong with it.'),
        }),
      },
    },
    async (request, reply) => {
      const problems = await port.validateConfig(request.body);
      if (problems === null) {
        const detail = 'Other files are being checked; try again.';
        return sendProblem(reply, { type: 'busy', detail, retryAfterSeconds: 5 });
      }
      return { valid: problems.length === 0, problems: problems.map(fieldProblem) };
    },
  );
}

function configDocument(port: ControlPort, changes: RunTimeChanges): ConfigViewDocument {
  const { state } = port.world();
  const { applied, rejected } = state;
  return {
    file: port.configFile,
    sha256: applied?.sha256 ?? null,
    applied_at: applied === null ? null : isoTime(applied.at),
    restart_needed: applied?.restartNeeded ?? [],
    last_rejected: rejectedLoad(rejected),
    drift: driftDocuments(state, changes),
    live: liveConfig(state),
  };
}
