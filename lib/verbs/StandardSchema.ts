/**
 * What the libraries for schemas agree on (https://standardschema.dev, version 1), as far as it is needed here: zod, valibot,
 * arktype and others have it.
 *
 * @typeParam In what it validates
 * @typeParam Out what it makes of that
 */
export interface StandardSchema<In = unknown, Out = In> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    /** Validates a value. */
    readonly validate: (value: unknown) => SchemaResult<Out> | Promise<SchemaResult<Out>>;
    /** Never there when the code runs. */
    readonly types?: { readonly input: In; readonly output: Out } | undefined;
  };
}

/** Either a value, or issues. */
export type SchemaResult<Out> =
  { readonly value: Out; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };

/** What a schema has against a value, as it says it. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

type TypesOf<S extends StandardSchema> = NonNullable<S['~standard']['types']>;

/** What a schema validates. */
export type InputOf<S extends StandardSchema> = TypesOf<S>['input'];

/** What a schema makes of what it validates. */
export type OutputOf<S extends StandardSchema> = TypesOf<S>['output'];
