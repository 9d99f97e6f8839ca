import { inspect } from 'node:util';

const EVERYTHING = {
  depth: Infinity,
  showHidden: true,
  getters: true,
  maxArrayLength: null,
  maxStringLength: null,
  compact: false,
} as const;

/** Which of some secrets anybody finds who looks at a value in every way that a log, a debugger or a reporter has. */
export function leaked(value: unknown, secrets: readonly string[]): string[] {
  const seen = [inspect(value, EVERYTHING), (JSON.stringify(value, flat()) as string | undefined) ?? '', String(value)];
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
