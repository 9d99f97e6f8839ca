import { ApplicationRef, PLATFORM_ID } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { expect } from 'chai';
import { connectionSignal, injectMqtt, provideMqtt, publishAction, topicSignal } from '../entry.js';
import { testBroker } from '../../../lib/testing.js';
import { component } from '../support.js';

describe('server rendering', () => {
  it('should finish without a connection, an emission, or a question for options', async () => {
    const broker = testBroker();
    const seen: unknown[] = [];
    const note = (what: string) => ({
      next: () => seen.push(what),
      error: () => seen.push(what),
      complete: () => seen.push(what),
    });
    class Page {
      readonly client = injectMqtt();
      readonly topic = topicSignal('t', { initial: 'nothing yet' });
      readonly connection = connectionSignal();
      readonly save = publishAction('t');
      constructor() {
        this.client.topic$('t').subscribe(note('topic$'));
        this.client.connection$.subscribe(note('connection$'));
        this.client.publish('t', '1').subscribe(note('publish'));
        this.client.ping().subscribe(note('ping'));
        this.client.resume().subscribe(note('resume'));
        this.save('1');
      }
    }
    const options = () => {
      throw new Error('localStorage is not defined');
    };
    TestBed.configureTestingModule({
      providers: [{ provide: PLATFORM_ID, useValue: 'server' }, provideMqtt(() => broker, options)],
    });
    const fixture = TestBed.createComponent(component('{{ topic() }}, {{ connection().status }}', Page));
    await fixture.whenStable();
    await TestBed.inject(ApplicationRef).whenStable();
    await broker.settled();
    expect((fixture.nativeElement as HTMLElement).textContent).to.equal('nothing yet, idle');
    expect(broker.clients).to.deep.equal([]);
    TestBed.resetTestingModule(); // ends no publish with an error that nobody would see
    await broker.settled();
    expect(seen).to.deep.equal([]);
  });
});
