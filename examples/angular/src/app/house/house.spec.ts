import { TestBed } from '@angular/core/testing';
import { provideMqttTesting } from 'tortoise-rx/angular';
import { type TestBroker, testBroker } from 'tortoise-rx/testing';
import { House } from './house';
import { newest } from './rooms';

describe('House', () => {
  let broker: TestBroker;
  let house: House;

  const measure = (room: string, sensor: string, value: number, at: number) =>
    broker.publish(`house/${room}/${sensor}`, JSON.stringify({ value, at }), { retain: true });

  beforeEach(() => {
    broker = testBroker();
    TestBed.configureTestingModule({ providers: [provideMqttTesting(broker)] });
    house = TestBed.inject(House);
  });

  it('should know each room that says something', async () => {
    await broker.settled();
    measure('kitchen', 'temperature', 21.5, 1);
    measure('attic', 'temperature', 16, 2);
    measure('attic', 'humidity', 50, 3);
    await broker.settled();
    expect(house.names()).toEqual(['attic', 'kitchen']);
    expect(newest(house.room('attic'), 'humidity')).toEqual({ value: 50, at: 3 });
  });

  it('should know at once what was said before', async () => {
    measure('kitchen', 'temperature', 21.5, 1);
    await broker.settled();
    expect(house.names()).toEqual(['kitchen']);
  });

  it('should not count a retained reading twice that comes again with a new connection', async () => {
    measure('kitchen', 'temperature', 21.5, 1);
    await broker.settled();
    broker.drop();
    await expect.poll(() => broker.clients.length, { timeout: 5_000 }).toBe(1);
    await broker.settled();
    expect(house.room('kitchen')?.get('temperature')).toHaveLength(1);
  });

  it('should keep the last reading of a sensor that sends something else, and say so until it sends a reading', async () => {
    await broker.settled();
    measure('attic', 'humidity', 50, 1);
    broker.publish('house/attic/humidity', 'ERR 17: no contact');
    await broker.settled();
    expect(newest(house.room('attic'), 'humidity')?.value).toBe(50);
    expect(house.unreadable('attic', 'humidity')?.why).toContain('not JSON');
    expect(house.unreadable('attic', 'temperature')).toBeUndefined();

    measure('attic', 'humidity', 51, Date.now() + 1);
    await broker.settled();
    expect(newest(house.room('attic'), 'humidity')?.value).toBe(51);
    expect(house.unreadable('attic', 'humidity')).toBeUndefined();
  });
});
