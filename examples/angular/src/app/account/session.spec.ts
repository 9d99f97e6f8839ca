import { TestBed } from '@angular/core/testing';
import { inject } from '@angular/core';
import { backoff } from 'tortoise-rx';
import { provideMqttTesting } from 'tortoise-rx/angular';
import { type TestBroker, testBroker } from 'tortoise-rx/testing';
import { House } from '../house/house';
import { Credentials, isRefused } from './credentials';
import { Session } from './session';

describe('Session', () => {
  let broker: TestBroker;
  let session: Session;

  const begin = async () => {
    TestBed.configureTestingModule({
      providers: [
        provideMqttTesting(broker, () => {
          const credentials = inject(Credentials);
          return {
            username: () => credentials.current()?.name,
            password: () => credentials.current()?.password,
            retryWhen: backoff({ isRetryable: isRefused }),
          };
        }),
      ],
    });
    session = TestBed.inject(Session);
    TestBed.inject(House);
    await settled();
  };
  const settled = async () => {
    TestBed.tick();
    await broker.settled();
    TestBed.tick();
    await broker.settled();
  };

  beforeEach(() => {
    sessionStorage.clear();
    broker = testBroker({
      authenticate: ({ username, password }) => username === 'ada' && new TextDecoder().decode(password) === 'lovelace',
    });
  });

  it('should have no connection before somebody logs in', async () => {
    await begin();
    expect(session.status()).toBe('logged out');
    expect(broker.clients).toHaveLength(0);
  });

  it('should let somebody in with the right password, and hear the house then', async () => {
    await begin();
    session.logIn({ name: 'ada', password: 'lovelace' });
    expect(session.status()).toBe('checking');
    await settled();
    expect(session.status()).toBe('logged in');
    broker.publish('house/kitchen/temperature', '{"value":21,"at":1}');
    await settled();
    expect(TestBed.inject(House).names()).toEqual(['kitchen']);
  });

  it('should let nobody in with a wrong password, and say so', async () => {
    await begin();
    session.logIn({ name: 'ada', password: 'byron' });
    await settled();
    expect(session.status()).toBe('logged out');
    expect(session.refusal()).toContain('does not know');

    session.logIn({ name: 'ada', password: 'lovelace' });
    await settled();
    expect(session.status()).toBe('logged in');
    expect(session.refusal()).toBeUndefined();
  });

  it('should keep what was heard when somebody logs out, and go on when somebody logs in', async () => {
    await begin();
    session.logIn({ name: 'ada', password: 'lovelace' });
    await settled();
    broker.publish('house/kitchen/temperature', '{"value":21,"at":1}');
    await settled();
    session.logOut();
    await settled();
    expect(broker.clients).toHaveLength(0);
    expect(TestBed.inject(House).names()).toEqual(['kitchen']);

    session.logIn({ name: 'ada', password: 'lovelace' });
    await settled();
    broker.publish('house/attic/temperature', '{"value":16,"at":2}');
    await settled();
    expect(TestBed.inject(House).names()).toEqual(['attic', 'kitchen']);
  });

  it('should remember who is there when the page is loaded again', async () => {
    sessionStorage.setItem('house.login', JSON.stringify({ name: 'ada', password: 'lovelace' }));
    await begin();
    expect(session.status()).toBe('logged in');
    expect(session.user()).toBe('ada');
    expect(broker.clients).toHaveLength(1);
  });
});
