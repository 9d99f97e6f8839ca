/** How many messages the process publishes that is killed. */
export const LEFT_COUNT = 600;

/** The properties of a message that a process leaves to the next one. */
export function leftProperties(n: number) {
  return {
    payloadFormatIndicator: 1,
    contentType: `text/${n}`,
    responseTopic: `answers/${n}`,
    correlationData: Uint8Array.of(n >> 8, n & 255),
    userProperties: [
      ['n', String(n)],
      ['n', 'ü'.repeat(n % 50)],
    ],
  } as const;
}
