import type { Codec } from '../client/Codec.js';
import type { Message } from '../client/Message.js';
import { InvalidArgumentError, UndecodableError } from '../errors.js';
import { checkArgument } from '../stream/checkOption.js';
import type { InputOf, OutputOf, StandardSchema } from './StandardSchema.js';
import { strictText } from './strictText.js';
import { firstIssue, validate } from './validate.js';

const BOM = /^\uFEFF/;

/**
 * A codec for JSON. MQTT 5 is told `application/json`.
 *
 * With a schema (of zod, valibot, arktype, or any other Standard Schema) the value of a message is what the schema makes of the
 * JSON; JSON that it refuses does not decode, and the error has its `issues`. A value to publish is checked by it as well, and
 * sent as it is: what the schema converts, it converts when the message comes. Without a schema nothing is checked.
 *
 * @typeParam T what the JSON is taken to be
 * @throws {InvalidArgumentError} the schema is none
 * @example
 * const Temperature = z.object({ celsius: z.number() });
 * client.topic$('house/+room/temp', { payload: json(Temperature) }).subscribe(({ value }) => console.log(value.celsius));
 */
export function json<T = unknown>(): Codec<T>;
export function json<S extends StandardSchema>(schema: S): Codec<OutputOf<S>, InputOf<S>>;
export function json(...schemas: StandardSchema[]): Codec<unknown> {
  if (schemas.length === 0) return UNCHECKED;
  const [schema] = schemas;
  checkArgument(isSchema(schema), 'schema', 'a Standard Schema, as zod, valibot and arktype make them', typeof schema);
  return {
    ...UNCHECKED,
    encode(value) {
      const { issues } = validate(schema, value);
      if (issues) throw new InvalidArgumentError(...firstIssue('value', issues));
      return write(value);
    },
    decode(message) {
      const { value, issues } = validate(schema, read(message));
      if (issues) throw new UndecodableError(message.topic, firstIssue('value', issues).join(': '), issues);
      return value;
    },
  };
}

const UNCHECKED: Codec<unknown> = Object.freeze({ encode: write, decode: read, contentType: 'application/json' });

function write(value: unknown): string {
  const json = JSON.stringify(value) as string | undefined;
  checkArgument(json !== undefined, 'value', 'something that JSON can say', typeof value);
  return json;
}

function read(message: Message<unknown>): unknown {
  const text = strictText(message).replace(BOM, '');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UndecodableError(message.topic, 'it is not JSON', [], { cause }); // the cause quotes the payload
  }
}

function isSchema(schema: unknown): schema is StandardSchema {
  const standard = (schema as Partial<StandardSchema> | null | undefined)?.['~standard'];
  return typeof standard?.validate === 'function';
}
