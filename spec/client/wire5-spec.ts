import { expect } from 'chai';
import { NEVER } from 'rxjs';
import type { ClientOptions } from '../../lib/index.js';
import { bytes } from '../packet/bytes.js';
import { hex, rawClient, rawConnected } from '../support/rawClient.js';
import { type Stage, clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

const ACCEPTED = '20 03 00 00 00';
/** What every CONNECT says unless it is told otherwise: 64 topic aliases. */
const ALIASES = '22 0040';

/** MQTT 5. For MQTT 3.1.1 see `wire-spec.ts`. */
const inMqtt5 = (on: Stage) => {
  const connected = (options?: ClientOptions, connack = ACCEPTED) => rawConnected(on, connack, options);
  const written = (notation: string) => hex(bytes(notation));

  it('should begin with CONNECT, its fields and properties in order, each field with its flag [MQTT5-3.1.0-1] [MQTT5-3.1.2-1] [MQTT5-3.1.2-9] [MQTT5-3.1.2-17] [MQTT5-3.1.2-19] [MQTT5-3.1.3-1] [MQTT5-3.1.3-3]', async () => {
    const { client, take } = rawClient(on, {
      clientId: 'c',
      username: 'u',
      password: 'p',
      keepAlive: 258,
      cleanSession: 'first',
      sessionExpiryInterval: 0x01020304,
      receiveMaximum: 0x0506,
      maxPacketSize: 0x0708090a,
      topicAliasMaximum: 0x0b0c,
      requestResponseInformation: true,
      requestProblemInformation: false,
      userProperties: [['k', 'v'], ['k', '']], // prettier-ignore
      authentication: { method: 'm', data: 'data', respond: () => NEVER },
      will: {
        topic: 'w',
        payload: 'gone',
        qos: 2,
        retain: true,
        properties: {
          willDelayInterval: 0x11121314,
          payloadFormatIndicator: 1,
          messageExpiryInterval: 0x15161718,
          contentType: 't',
          responseTopic: 'r',
          correlationData: Uint8Array.of(0xff),
          userProperties: { k: 'v' },
        },
      },
    });
    watch(client.topic$('a'));
    watch(client.publish('a', '1', { qos: 1 }));
    watch(client.connection$);
    const properties = "11 01020304 21 0506 27 0708090a 22 0b0c 19 01 17 00 26 0001'k' 0001'v' 26 0001'k' 0000 15 0001'm' 16 0004'data'"; // prettier-ignore
    const ofWill = "18 11121314 01 01 02 15161718 03 0001't' 08 0001'r' 09 0001 ff 26 0001'k' 0001'v'";
    const size = (notation: string) => bytes(notation).length.toString(16).padStart(2, '0');
    const body = `0004'MQTT' 05 f6 0102 ${size(properties)}${properties} 0001'c' ${size(ofWill)}${ofWill} 0001'w' 0004'gone' 0001'u' 0001'p'`; // prettier-ignore
    expect(await take()).to.equal(written(`10 ${size(body)} ${body}`));
  });

  it('should leave out of CONNECT what was not given, and properties that are as the standard says [MQTT5-2.2.2-1] [MQTT5-3.1.2-11] [MQTT5-3.1.2-13] [MQTT5-3.1.2-16] [MQTT5-3.1.2-18]', async () => {
    for (const [options, expected] of [
      [{}, `10 11 0004'MQTT' 05 02 003c 03 ${ALIASES} 0001'c'`],
      [{ topicAliasMaximum: 0 }, "10 0e 0004'MQTT' 05 02 003c 00 0001'c'"],
      [{ username: 'u' }, `10 14 0004'MQTT' 05 82 003c 03 ${ALIASES} 0001'c' 0001'u'`],
      [{ password: 'p' }, `10 14 0004'MQTT' 05 42 003c 03 ${ALIASES} 0001'c' 0001'p'`],
      [{ will: { topic: 'w' } }, `10 17 0004'MQTT' 05 06 003c 03 ${ALIASES} 0001'c' 00 0001'w' 0000`],
      [{ cleanSession: false }, `10 16 0004'MQTT' 05 00 003c 08 11 ffffffff ${ALIASES} 0001'c'`],
      [{ cleanSession: false, sessionExpiryInterval: 0 }, `10 11 0004'MQTT' 05 00 003c 03 ${ALIASES} 0001'c'`],
      [{ cleanSession: 'first' }, `10 16 0004'MQTT' 05 02 003c 08 11 ffffffff ${ALIASES} 0001'c'`],
      [{ clientId: '' }, `10 10 0004'MQTT' 05 02 003c 03 ${ALIASES} 0000`],
    ] as const) {
      const { client, take } = rawClient(on, { clientId: 'c', ...options });
      watch(client.connection$);
      expect(await take(), JSON.stringify(options)).to.equal(written(expected));
    }
  });

  it('should write text as UTF-8, whatever characters it has [MQTT5-1.5.4-3] [MQTT5-3.1.3-4] [MQTT5-3.1.3-11] [MQTT5-3.1.3-12]', async () => {
    const { client, take } = rawClient(on, {
      clientId: 'é',
      username: '温',
      will: { topic: '\u{feff}🐢' },
      userProperties: { ä: 'ö' },
    });
    watch(client.connection$);
    expect(await take()).to.equal(
      written(
        `10 2c 0004'MQTT' 05 86 003c 0c ${ALIASES} 26 0002 c3a4 0002 c3b6 0002 c3a9 00 0007 efbbbf f09f90a2 0000 0003 e6b8a9`,
      ),
    );
  });

  it('should write SUBSCRIBE, PUBLISH and UNSUBSCRIBE with the length of their properties, 0, and reserved bits as they must be [MQTT5-2.1.3-1] [MQTT5-2.2.2-1] [MQTT5-3.3.2-1] [MQTT5-3.8.1-1] [MQTT5-3.8.3-1] [MQTT5-3.8.3-5] [MQTT5-3.10.1-1] [MQTT5-3.10.3-1]', async () => {
    const { client, take, say } = await connected({}, '20 05 00 00 02 29 00'); // without subscription identifiers
    const listening = watch(client.topic$('é/+', { qos: 2 }));
    expect(await take()).to.equal(written('82 0a 0001 00 0004 c3a9 2f2b 02'));
    await say('90 04 0001 00 02');
    watch(client.publish('温/é', 'x'));
    expect(await take()).to.equal(written("30 0a 0006 e6b8a9 2f c3a9 00 'x'"));
    listening.unsubscribe();
    expect(await take()).to.equal(written('a2 09 0002 00 0004 c3a9 2f2b'));
    await say('b0 04 0002 00 00');
  });

  it('should send QoS 0 once, without DUP and identifier [MQTT5-2.2.1-2] [MQTT5-3.3.1-2] [MQTT5-4.3.1-1]', async () => {
    const { client, take } = await connected();
    const receipt = watch(client.publish('a', 'x', { retain: true }));
    expect(await take()).to.equal(written("31 05 0001'a' 00 'x'"));
    expect(receipt.completed).to.equal(true);
  });

  it('should write the properties of PUBLISH behind its identifier', async () => {
    const { client, take, say } = await connected();
    const properties = {
      payloadFormatIndicator: 1,
      messageExpiryInterval: 0x01020304,
      contentType: 't',
      responseTopic: 'r',
      correlationData: 'd',
      userProperties: { k: 'v' },
    } as const;
    watch(client.publish('a', 'x', { qos: 1, properties }));
    const expected = "01 01 02 01020304 03 0001't' 08 0001'r' 09 0001'd' 26 0001'k' 0001'v'";
    expect(await take()).to.equal(written(`32 21 0001'a' 0001 1a ${expected} 'x'`));
    await say('40 02 0001');
  });

  it('should give a topic its alias, never 0, never above what the server takes, and then leave the topic name out [MQTT5-3.2.2-17] [MQTT5-3.3.2-8]', async () => {
    const { client, take } = await connected({}, '20 06 00 00 03 22 0001');
    const publish = async (topic: string) => {
      watch(client.publish(topic, 'x'));
      return take();
    };
    expect(await publish('a')).to.equal(written("30 08 0001'a' 03 23 0001 'x'"));
    expect(await publish('a')).to.equal(written("30 07 0000 03 23 0001 'x'"));
    expect(await publish('b')).to.equal(written("30 08 0001'b' 03 23 0001 'x'"));
    expect(await publish('a')).to.equal(written("30 08 0001'a' 03 23 0001 'x'"));
  });

  it('should release QoS 2 with the identifier and the flags of PUBREL, without a reason code [MQTT5-3.6.1-1] [MQTT5-4.3.3-1] [MQTT5-4.3.3-2] [MQTT5-4.3.3-4] [MQTT5-4.3.3-5]', async () => {
    const { client, take, say } = await connected();
    const receipt = watch(client.publish('a', 'x', { qos: 2 }));
    expect(await take()).to.equal(written("34 07 0001'a' 0001 00 'x'"));
    await say('50 03 0001 10');
    expect(await take()).to.equal('62 02 00 01');
    expect(receipt.ends).to.equal(0);
    await say('70 02 0001');
    expect([await take(), receipt.completed]).to.deep.equal(['', true]);
  });

  for (const [who, listen] of [
    ['nobody', false],
    ['somebody', true],
  ] as const) {
    it(`should answer each PUBLISH as its QoS says, although ${who} wants it [MQTT5-4.5.0-2] [MQTT5-3.3.4-1] [MQTT5-4.3.2-4] [MQTT5-4.3.3-8] [MQTT5-4.3.3-11]`, async () => {
      const { client, take, say } = await connected();
      if (listen) {
        watch(client.topic$('a', { qos: 2 }));
        await say('90 04 0001 00 02');
        await take();
      }
      await say("30 04 0001'a' 00");
      expect(await take()).to.equal('');
      await say("32 06 0001'a' 0102 00");
      expect(await take()).to.equal('40 02 01 02');
      await say("34 06 0001'a' 0103 00");
      expect(await take()).to.equal('50 02 01 03');
      await say('62 02 0103');
      expect(await take()).to.equal('70 02 01 03');
    });
  }

  it('should ping with PINGREQ and leave with DISCONNECT, nothing behind it [MQTT5-3.1.2-20] [MQTT5-3.14.4-1]', async () => {
    const { client, take, say } = await connected({ keepAlive: 1 });
    await on.tick(1_000);
    expect(await take()).to.equal('c0 00');
    await say('d0 00');
    watch(client.end());
    watch(client.publish('a', 'late'));
    expect(await take()).to.equal('e0 00');
  });

  it('should ping as the Server Keep Alive says, whatever keepAlive is [MQTT5-3.1.2-21]', async () => {
    const { take, say } = await connected({ keepAlive: 60 }, '20 06 00 00 03 13 0002');
    await on.tick(1_999);
    expect(await take()).to.equal('');
    await on.tick(1);
    expect(await take()).to.equal('c0 00');
    await say('d0 00');
  });

  for (const [what, said, expected] of [
    ['a type that does not exist', 'f1 00', 'e0 01 81'],
    ['a second CONNACK', ACCEPTED, 'e0 01 82'],
    ['a CONNECT of another protocol', "10 0d 0000 'MQTT' 05 02 0000 00 0000", 'e0 01 82'],
    ['a topic alias that was never set', '30 06 0000 03 23 0007', 'e0 01 94'],
  ] as const) {
    it(`should say why it leaves in DISCONNECT, nothing behind it: ${what} [MQTT5-3.14.4-1] (MQTT5 section 4.13.1)`, async () => {
      const { client, take, say } = await connected();
      await say(said);
      watch(client.publish('a', 'late'));
      expect(await take()).to.equal(expected);
    });
  }

  it('should say nothing after DISCONNECT of the server (MQTT5 section 3.14.4)', async () => {
    const { take, say } = await connected();
    await say('e0 01 8b');
    expect(await take()).to.equal('');
  });

  it('should not pass the DUP of a message on when it is published again [MQTT5-3.3.1-3]', async () => {
    const { client, take, say } = await connected();
    client.messages$().subscribe(({ payload }) => watch(client.publish('b', payload, { qos: 1 })));
    await say("3a 07 0001'a' 0007 00 'x'");
    expect(await take()).to.equal(written("40 02 0007 32 07 0001'b' 0001 00 'x'"));
  });
};

clientSpecs('what a client writes in MQTT 5, byte by byte', inMqtt5, [5]);
