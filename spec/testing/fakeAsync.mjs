// A client and its test broker in Angular's fakeAsync. A program of its own, because zone.js changes what is global.
import 'zone.js';
import 'zone.js/testing';
import '@angular/compiler';
import { fakeAsync, flushMicrotasks, tick } from '@angular/core/testing';
import { deepEqual } from 'node:assert/strict';
import { createClient } from 'tortoise-rx';
import { testBroker } from 'tortoise-rx/testing';

const test = fakeAsync(() => {
  const broker = testBroker();
  const client = createClient(broker, {
    clientId: 'a',
    protocolVersion: 5,
    keepAlive: 10,
    cleanSession: false,
    sessionExpiryInterval: 100,
    will: { topic: 'gone', properties: { willDelayInterval: 20 } },
  });
  const seen = [];
  client.topic$('t').subscribe((message) => seen.push(message.text()));
  flushMicrotasks();
  broker.publish('t', '1');
  tick(60_000);
  deepEqual([seen, broker.clients.length], [['1'], 1]);

  const outage = broker.unreachable();
  tick(19_000);
  deepEqual(broker.published('gone'), []);
  tick(2_000);
  deepEqual(broker.published('gone').length, 1);
  outage.unsubscribe();
  tick(60_000);
  deepEqual(broker.clients.length, 1);

  client.end().subscribe();
  flushMicrotasks();
  broker.verify();
});

const { Zone } = globalThis;
Zone.current.fork(new Zone.ProxyZoneSpec()).run(test); // throws if a timer is left
console.log('1 passed');
