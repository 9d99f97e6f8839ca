import { Component, type Provider, type Type } from '@angular/core';
import { type ComponentFixture, TestBed } from '@angular/core/testing';
import { restore, useFakeTimers } from 'sinon';
import { type MqttClient, type MqttOptions, injectMqtt, provideMqttTesting } from './entry.js';
import { type TestBroker, testBroker } from '../../lib/testing.js';

/** Whether zone.js is there: the specs run with it and without. */
export const IS_ZONED = 'Zone' in globalThis;

/** A component on a page, with a client of a broker in memory. */
export interface Page<T> {
  readonly broker: TestBroker;
  readonly client: MqttClient;
  readonly it: T;
  readonly fixture: ComponentFixture<T>;
  /** What a user sees, when all that is on its way has arrived. */
  text(): Promise<string>;
}

/** Makes a component of a class without decorators, for which a compiler would be needed. */
export function component<T>(template: string, of: new () => T): Type<T> {
  return Component({ selector: 'app-page', template })(of);
}

/** Shows a component. */
export function open<T>(
  template: string,
  of: new () => T,
  options: MqttOptions = {},
  providers: Provider[] = [],
): Page<T> {
  const broker = testBroker();
  TestBed.configureTestingModule({ providers: [provideMqttTesting(broker, options), providers] });
  const fixture = TestBed.createComponent(component(template, of));
  const client = TestBed.runInInjectionContext(() => injectMqtt());
  return { broker, client, it: fixture.componentInstance, fixture, text: () => textOf(fixture, broker) };
}

/** What a user sees, when all that is on its way has arrived. */
export async function textOf(fixture: ComponentFixture<unknown>, broker: TestBroker): Promise<string> {
  await fixture.whenStable(); // effects run, and subscribe
  await broker.settled();
  await fixture.whenStable();
  return (fixture.nativeElement as HTMLElement).textContent.replace(/\s+/g, ' ').trim();
}

/** Leaves the page: all of it is over then, and nothing was left open. */
export function leave({ broker }: Pick<Page<unknown>, 'broker'>): void {
  TestBed.resetTestingModule();
  broker.verify();
}

/** Replaces the time of RxJS until the spec is over, and leaves Angular its own: RxJS has intervals, Angular timeouts. */
export function virtualTime() {
  return useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date', 'performance'] });
}

afterEach(() => restore());
