import type { Message } from '../index.js';

/** The payload as Nest's MQTT transport reads it: JSON, and what is no JSON as text. */
export function parsed(message: Message<unknown>): unknown {
  const text = message.text();
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** What is published for a value without Nest's envelope: bytes and text as they are, nothing as nothing, the rest as JSON. */
export function plain(value: unknown): string | Uint8Array | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' || value instanceof Uint8Array) return value;
  return JSON.stringify(value);
}

const UNFIT = /\p{Other}/gu;

/** What an error says, in one line. Nest's exception filters make objects of errors. */
export function failureText(error: unknown): string {
  const said = (error as { readonly message?: unknown } | null | undefined)?.message ?? error;
  return (typeof said === 'string' ? said : shown(said)).slice(0, 1_000).replace(UNFIT, ' '); // Mosquitto hangs up on control characters
}

function shown(value: unknown): string {
  try {
    return plain(value)?.toString() ?? 'unknown error';
  } catch {
    return 'unknown error'; // it is no JSON, a circle for instance
  }
}
