import type { Option, OptionGroup } from './Option.js';

/** How the broker is reached: for every command. */
export const CONNECTION: OptionGroup = {
  title: 'Connection',
  options: [
    {
      name: 'url',
      short: 'u',
      value: 'URL',
      help: 'the broker: mqtt://host:1883, mqtts://host:8883, ws://host/path, wss://host/path or mqtt+unix:///path. Default: TORTOISE_URL, or mqtt://localhost:1883. An argument in front of all others that begins like that is taken for it as well',
    },
    { name: 'username', value: 'NAME', help: 'the user name. Default: TORTOISE_USERNAME, or that in the URL' },
    {
      name: 'password',
      value: 'TEXT',
      help: 'the password. Others on this machine may see it for a moment: put it into TORTOISE_PASSWORD instead',
    },
    { name: 'client-id', value: 'ID', help: 'the client identifier. Default: one by chance' },
    {
      name: 'protocol',
      value: '4|5|auto',
      help: '4 is MQTT 3.1.1, 5 is MQTT 5. Default: auto, 5 where the broker has it',
    },
    {
      name: 'keep-alive',
      value: 'SECONDS',
      help: 'the keep-alive interval, 0 for none. Default: 60, over WebSocket 120',
    },
    {
      name: 'ca',
      value: 'FILE',
      isRepeatable: true,
      help: "certificates (PEM) of the authorities that may have signed the broker's. Default: those of Node",
    },
    { name: 'cert', value: 'FILE', help: 'the certificate (PEM) of this client' },
    {
      name: 'key',
      value: 'FILE',
      help: 'its private key (PEM); the passphrase, if there is one, in TORTOISE_PASSPHRASE',
    },
    {
      name: 'servername',
      value: 'NAME',
      help: "the name that the broker's certificate must be for. Default: the host",
    },
    { name: 'insecure', help: "take any certificate of the broker's: anybody can pose as it then" },
    {
      name: 'will-topic',
      value: 'TOPIC',
      help: 'the topic of the will, which the broker publishes if this client vanishes',
    },
    { name: 'will-payload', value: 'TEXT', help: 'its payload. Default: empty' },
    { name: 'will-qos', value: 'QOS', help: 'its QoS. Default: 0' },
    { name: 'will-retain', help: 'the broker keeps it' },
    { name: 'retry', help: 'go on trying when the first connection fails, until --timeout' },
    { name: 'debug', help: 'tell on standard error all that happens, packets included' },
  ],
};

export const HELP: Option = { name: 'help', short: 'h', help: 'show this' };

export const JSON_LINES: Option = { name: 'json', help: 'print a line of JSON for each result: for programs' };

/** An option of that name with its default in the help. */
export const qos = (help: string): Option => ({ name: 'qos', short: 'q', value: 'QOS', help });

export const timeout = (help: string): Option => ({ name: 'timeout', value: 'SECONDS', help });

/** What MQTT 5 says about a message that is published. */
export const PROPERTIES: readonly Option[] = [
  {
    name: 'property',
    value: 'NAME=VALUE',
    isRepeatable: true,
    help: 'a property of MQTT 5: contentType, responseTopic, correlationData, messageExpiryInterval or payloadFormatIndicator',
  },
  { name: 'user-property', value: 'NAME=VALUE', isRepeatable: true, help: 'a user property of MQTT 5' },
];
