/** What a store of format 3 held: made with the code of that time. A value is written in hexadecimal digits. */
const RECORDS = {
  f: '03',
  // Of 5 messages one was over before it was written.
  m1000000000000256:
    '4075fa5100040000000023010000001a030000001f040000001e079bd9f005000040ed4c0000000000427a3185c500000000' +
    '07726f6f6d2fc3a46f6e65b370827b02000700000000000000000000000000000000000162fe5c8e51020000000000000000' +
    '000000000000000000000001637468726565a17c5c42010009000000000000000000000000000000000001646f766572',
  // The last but one has had its PUBREC, and the last one is over.
  p1000000000000256:
    'a11a383800000000000000000000000000000000000000000000000000000000000000000002000c40100000000000000300' +
    '000000000000000000000000000000000000000000000000000000000000000000000000000000000000',
  r100300: '',
};

/** A store of format 3, with messages, their progress, and an identifier of a message of the server. */
export function storeOfFormat3(): Map<string, Uint8Array> {
  return new Map(Object.entries(RECORDS).map(([key, hex]) => [key, Uint8Array.from(Buffer.from(hex, 'hex'))]));
}
