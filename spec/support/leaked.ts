import { inspect } from 'node:util';

const EVERYTHING = {
  depth: 0,
  showHidden: true,
  getters: true,
  maxArrayLength: null,
  maxStringLength: null,
  compact: false,
} as const;

/** Which of some secrets anybody finds who looks at a value in every way that a log, a debugger or a reporter has. */
export function leaked(value: unknown, secrets: readonly string[]): string[] {
  const seen = [...reachable(value)].map((one) => inspect(one, EVERYTHING));
  const json: unknown = JSON.stringify(value, flat());
  seen.push(String(json), String(value));
  if (value instanceof Error) seen.push(value.stack ?? '');
  const text = seen.join('\n');
  const packed = text.replace(/\s/g, '');
  return secrets.filter((secret) => {
    const bytes = [...Buffer.from(secret)];
    const forms = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')];
    return (
      forms.some((form) => text.includes(form)) ||
      packed.includes(bytes.join(',')) ||
      packed.includes(bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(''))
    );
  });
}

/**
 * Everything that an inspection of a value comes to, each thing once. Depth 0 for each shows as much as `depth: Infinity`
 * for the first one, which would show a thing as often as there are ways to it.
 */
function reachable(value: unknown): Set<unknown> {
  const all = new Set<unknown>([value]);
  for (const one of all) {
    if ((typeof one !== 'object' && typeof one !== 'function') || one === null) continue;
    if (ArrayBuffer.isView(one)) continue; // shown with its bytes
    for (const key of Reflect.ownKeys(one)) all.add(valueOf(one, key));
    if (one instanceof Map) for (const [key, entry] of one as Map<unknown, unknown>) all.add(key).add(entry);
    if (one instanceof Set) for (const entry of one) all.add(entry);
    const prototype: unknown = Object.getPrototypeOf(one);
    for (const key of prototype === null || isBuiltIn(prototype) ? [] : Reflect.ownKeys(prototype as object)) {
      const property = Object.getOwnPropertyDescriptor(prototype, key);
      if (property && 'get' in property) all.add(valueOf(one, key));
    }
  }
  return all;
}

function valueOf(one: object, key: PropertyKey): unknown {
  try {
    return (one as Record<PropertyKey, unknown>)[key];
  } catch {
    return undefined; // a getter that wants something else
  }
}

function isBuiltIn(prototype: unknown): boolean {
  return [Object, Array, Function, Map, Set, ArrayBuffer].some((known) => known.prototype === prototype);
}

/** Lets JSON pass circles and numbers that it does not know. */
function flat(): (key: string, value: unknown) => unknown {
  const met = new Set<unknown>();
  return (_key, value) => {
    if (typeof value === 'bigint') return String(value);
    if (typeof value !== 'object' || value === null) return value;
    if (met.has(value)) return undefined;
    met.add(value);
    return value;
  };
}
