import { InvalidArgumentError, type PayloadIssue } from '../errors.js';
import type { StandardSchema } from './StandardSchema.js';

/** What came of a validation: a value, or issues. */
export interface Validated {
  readonly value?: unknown;
  readonly issues?: readonly PayloadIssue[];
}

/**
 * Asks a schema.
 *
 * @throws {InvalidArgumentError} it answers with a promise: nothing can wait for that where messages keep their order
 */
export function validate(schema: StandardSchema, given: unknown): Validated {
  const result = schema['~standard'].validate(given);
  if ('then' in result) {
    result.then(undefined, () => undefined); // refused already: its rejection must not end a Node process
    const instead = 'use a synchronous one here, and ask this one later, in concatMap';
    throw new InvalidArgumentError(
      'payload',
      `the schema is asynchronous, and a codec must answer at once; ${instead}`,
    );
  }
  if (!result.issues) return { value: result.value };
  // Not `map`: both may be arrays of a class whose constructor takes no length, as those of arktype.
  const issues = Array.from(result.issues, ({ message, path = [] }) => ({
    message,
    path: Array.from(path, (step) => (typeof step === 'object' ? step.key : step)),
  }));
  return { issues };
}

/** Where in a value the first issue is, as `value.rooms[0].celsius`, and what it says. */
export function firstIssue(root: string, issues: readonly PayloadIssue[]): readonly [where: string, what: string] {
  const [first = { message: 'the schema refuses it', path: [] }, ...more] = issues;
  const where = first.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return [root + where, more.length === 0 ? first.message : `${first.message} (and ${more.length} more)`];
}
