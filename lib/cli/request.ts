import { mergeMap, switchMap } from 'rxjs';
import { request as ask } from '../index.js';
import type { Command } from './Command.js';
import { CONNECTION, HELP, JSON_LINES, PROPERTIES, qos, timeout } from './commonOptions.js';
import { printed } from './messageText.js';
import { PAYLOAD_SOURCES, payloadOf, topicAndPayload } from './payloadSource.js';
import { propertiesOf, qosOf, timeoutOf } from './values.js';
import { withClient } from './withClient.js';

const PATIENCE = 10;

/** `tortoise-rx request`. */
export const request: Command = {
  name: 'request',
  summary: 'publish a request and print the answer',
  usage: '[URL] TOPIC [PAYLOAD]',
  description:
    'Publishes a request and prints the answer. With MQTT 5 the responder is told where to answer, and the answer is known by its correlation data. With MQTT 3.1.1, and for devices that answer to a topic of their own, say it with --response-topic.',
  options: [
    {
      title: 'Options',
      options: [
        qos('the QoS of the request, and the highest of answers. Default: 1'),
        { name: 'response-topic', value: 'FILTER', isRepeatable: true, help: 'where answers come' },
        { name: 'count', short: 'c', value: 'N', help: 'how many answers are awaited. Default: 1' },
        ...PAYLOAD_SOURCES,
        ...PROPERTIES,
        timeout(`how long to wait for the answers. Default: ${PATIENCE}`),
        { name: 'topics', short: 'v', help: 'print the topic name in front of each answer' },
        JSON_LINES,
        HELP,
      ],
    },
    CONNECTION,
  ],
  examples: [
    ['ask a service', 'request clock/now Europe/Berlin'],
    [
      'ask a device that answers to a topic of its own',
      'request cmnd/plug/STATUS 8 --response-topic stat/plug/STATUS8',
    ],
    ['who is there? Up to ten answers in two seconds', "request all/ping '' -c 10 --timeout 2 -v"],
  ],
  isEndless: () => false,
  run: (invocation) => {
    const { args, context } = invocation;
    const [topic, payload] = topicAndPayload(args);
    args.refuseTogether('topics', 'json');
    const payload$ = payloadOf(payload, args, context, '--stdin or --file');
    const filters = args.list('response-topic');
    const options = {
      qos: qosOf(args) ?? 1,
      timeout: (timeoutOf(args) ?? PATIENCE) * 1_000,
      responses: args.number('count', { min: 1 }),
      properties: propertiesOf(args),
      ...(filters.length > 0 && { responseTopic: filters }),
    } as const;
    const style = { form: args.has('json') ? 'json' : 'text', hasTopic: args.has('topics') } as const;
    return withClient(invocation, (client) =>
      payload$.pipe(
        switchMap((bytes) => ask(client, topic, bytes, options)),
        mergeMap((answer) => printed(answer, style, context.out)),
      ),
    );
  },
};
