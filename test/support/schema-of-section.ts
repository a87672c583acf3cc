/** Settings as a file has them, read by the schema of their section alone. */
import { sectionSchema } from '../../control-plane/config/section-schema.js';
import { settingsOf } from '../../control-plane/config/settings-of.js';
import type { Section } from '../../shared/settings/section.js';

/** What the file sets, or `place: problem` for everything that is wrong with it. */
export function configuredBy<T>(section: Section<T>, file: object): T | readonly string[] {
  const parsed = sectionSchema(section).safeParse(file);
  if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return settingsOf(section, parsed.data, { pool: 'web', cores: 1, directory: '/etc' });
}
