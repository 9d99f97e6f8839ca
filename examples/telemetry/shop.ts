// A shop and a warehouse whose traces meet: the order is published by one and worked on by the other. Run it with a broker
// of MQTT 5, such as Mosquitto:
//   npx tsx examples/telemetry/shop.ts mqtt://localhost:1883
// The library is imported from its sources; a program of yours imports from 'tortoise-rx' and 'tortoise-rx/otel'.
import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { firstValueFrom, lastValueFrom, merge, take, timer } from 'rxjs';
import { consume, createClient, json, topic } from '../../lib/index.js';
import { contextOf, instrument, traced } from '../../lib/otel.js';

const url = process.argv[2] ?? 'mqtt://localhost:1883';
const exporter = new InMemorySpanExporter(); // yours sends to a collector

// docs: sdk
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
metrics.setGlobalMeterProvider(new MeterProvider());
// docs: end

const warehouse = instrument(createClient(url, { clientId: 'warehouse', protocolVersion: 5, cleanSession: false }));
const save = (id: string) => lastValueFrom(timer(id.length));

// docs: client
const shop = instrument(createClient(url, { clientId: 'shop', protocolVersion: 5 }));

const sell = (id: string) =>
  trace.getTracer('shop').startActiveSpan('sell', async (span) => {
    await firstValueFrom(shop.publish(`orders/${id}`, '{"pieces":2}', { qos: 1 })); // span "send", a child of "sell"
    span.end();
  });
// docs: end

// docs: traced
const packed$ = consume(
  warehouse,
  'orders/+id',
  traced(async (order) => {
    await save(order.params.id); // the spans of a database are children of "process orders/+id"
    await firstValueFrom(warehouse.publish(`packed/${order.params.id}`, '', { qos: 1 })); // and so is this "send"
  }),
);
// docs: end

// docs: template
const byTemplate = instrument(createClient(url), {
  template: (name) => (name.startsWith('packed/') ? 'packed/{id}' : undefined),
});
const temperature = topic('house/+room/temp', { payload: json() }); // spans "send house/+room/temp"
// docs: end

// docs: context
const mine$ = shop.topic$('packed/+id', { qos: 1 });
mine$.subscribe((message) => {
  const { traceId } = trace.getSpanContext(contextOf(message)) ?? {}; // for a log line, say
  console.log(`${message.topic} ${traceId === undefined ? 'without a trace' : 'with its trace'}`);
});
// docs: end

const done = lastValueFrom(packed$.pipe(take(1)));
const seen = firstValueFrom(mine$);
await lastValueFrom(merge(warehouse.subscribe('orders/+id', { qos: 1 }), shop.subscribe('packed/+id', { qos: 1 })));
await sell('7');
await done;
await seen;
await lastValueFrom(byTemplate.publish('packed/8', ''));
await lastValueFrom(byTemplate.publish(temperature.name({ room: 'attic' }), 21));
await Promise.all([shop, warehouse, byTemplate].map((client) => lastValueFrom(client.end())));

const spans = exporter.getFinishedSpans();
const print = (parent: string | undefined, indent: string): void => {
  for (const span of spans.filter(({ parentSpanContext }) => parentSpanContext?.spanId === parent)) {
    console.log(`${indent}${span.name}`);
    print(span.spanContext().spanId, `${indent}  `);
  }
};
print(undefined, '');
