import type { ClientCase } from './ClientRun.js';

const QUIET: ClientCase = {
  synchronous: false,
  isLent: false,
  isPausable: false,
  options: {
    cleanSession: true,
    keepAlive: 0,
    pingTimeout: 100,
    connectTimeout: 50,
    connackTimeout: 50,
    subscribeBatch: 1,
    giveUpAfter: 1,
    subscribeTimeout: 200,
    linger: 0,
    maxInflight: 1,
    protocolVersion: 4,
    onSessionLost: 'error',
    maxPacketSize: 300,
  },
  hasStore: false,
  retrying: 'backoff',
  watches: false,
  connack: 'silent',
  isAuto: false,
  steps: [],
  isCalmed: false,
  end: { timeout: 0, force: false },
};

const ACCEPTED = { type: 'connack', sessionPresent: false, reasonCode: 0, properties: undefined } as const;
const EMPTY = {
  type: 'publish',
  payload: new Uint8Array(0),
  retain: false,
  dup: false,
  properties: undefined,
} as const;

/** Cases that the judge once took for faults of the client. They are played again each time. */
export const foundCases: readonly ClientCase[] = [
  // A message that waits is given its identifier in the chunk that acknowledges this already.
  {
    ...QUIET,
    steps: [
      { is: 'publish', topic: 'a', size: 0, options: { qos: 1 }, reaction: 'throw' },
      { is: 'send', packets: [ACCEPTED, { type: 'puback', packetId: 1 }], keep: 0 },
    ],
  },
  // CONNACK names an authentication method, and CONNECT did not.
  {
    ...QUIET,
    options: { ...QUIET.options, protocolVersion: 5 },
    steps: [
      { is: 'hold', reaction: 'nothing' },
      { is: 'send', packets: [{ ...ACCEPTED, properties: { authenticationMethod: 'm' } }], keep: 0 },
    ],
  },
  // The answer to the PUBREC that the end sends comes at once, and is more than the client keeps while it does not read.
  {
    ...QUIET,
    synchronous: true,
    options: { ...QUIET.options, receiveMaximum: 2, receiveQueue: 0 },
    connack: 'hang up',
    isAuto: true,
    steps: [
      { is: 'consume', filter: 'a', options: { concurrency: 1, onError: 'retry' }, ms: 1, fails: 0, reaction: 'throw' },
      { is: 'send', packets: [{ ...EMPTY, topic: 'a', qos: 2, packetId: 2 }], keep: 0 },
      {
        is: 'send',
        packets: [
          { ...EMPTY, topic: 'c/d', qos: 2, packetId: 1 },
          { ...EMPTY, topic: 'a', qos: 0, packetId: 0 },
        ],
        keep: 0,
      },
    ],
    end: { timeout: 0, force: true },
  },
  // At the end one listener leaves what another one has acknowledged with a reason, and acknowledges it by that.
  {
    ...QUIET,
    options: { ...QUIET.options, protocolVersion: 5, receiveMaximum: 1 },
    connack: { sessionPresent: false, reasonCode: 0 },
    steps: [
      {
        is: 'consume',
        filter: 'a',
        options: { concurrency: 1, onError: 'retry' },
        ms: 300,
        fails: 0,
        reaction: 'nothing',
      },
      { is: 'hold messages', filter: 'a', qos: 0, onLeave: true, reaction: 'nothing' },
      {
        is: 'send',
        packets: [
          { ...EMPTY, topic: 'a', qos: 1, packetId: 1 },
          { type: 'suback', packetId: 1, reasonCodes: [0] },
        ],
        keep: 0,
      },
      { is: 'answer for', at: 0, how: 'acknowledge', reason: 16 },
      { is: 'publish', topic: 'a', size: 0, options: { qos: 0 }, reaction: 'nothing' },
    ],
  },
  // A message is dropped whose identifier was answered before it was given to it.
  {
    ...QUIET,
    options: { ...QUIET.options, cleanSession: false, protocolVersion: 5 },
    connack: { sessionPresent: false, reasonCode: 0 },
    steps: [
      { is: 'hold', reaction: 'nothing' },
      {
        is: 'send',
        packets: [
          { type: 'puback', packetId: 1 },
          { type: 'puback', packetId: 7, reasonCode: 16 },
        ],
        keep: 0,
      },
      { is: 'connack', connack: { sessionPresent: true, reasonCode: 0, properties: { maximumQoS: 0 } } },
      { is: 'publish', topic: 'a', size: 0, options: { qos: 2 }, reaction: 'nothing' },
      { is: 'hold messages', filter: 'a', qos: 0, onLeave: false, reaction: 'nothing' },
      { is: 'tick', ms: 6_000, isBlocked: false },
      { is: 'send', packets: [{ ...EMPTY, topic: 'a', qos: 0, packetId: 0 }], keep: 0 },
    ],
  },
];
