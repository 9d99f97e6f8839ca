/** More would be no text for people. */
const LONGEST = 1_000;
/** What MQTT forbids in text, and what brokers may hang up on [MQTT-1.5.3-3]: Mosquitto does so on a line break. */
const UNFIT = /[\p{Control}\p{Surrogate}\p{Noncharacter_Code_Point}]/gu;

/** What an error says, fit for a user property. */
export function errorText(error: unknown): string {
  return textOf(error).slice(0, LONGEST).replace(UNFIT, ' ');
}

function textOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message || error.name : String(error);
  } catch {
    return 'unknown error'; // it has no text
  }
}
