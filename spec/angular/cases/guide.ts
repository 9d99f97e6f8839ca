// The code of docs/angular.md: examples/angularGuide/house.ts.
import { TestBed } from '@angular/core/testing';
import { expect } from 'chai';
import { Auth, House, PLANT, Room, appConfig, plantProviders } from '../../../examples/angularGuide/house.js';
import { injectMqtt, provideMqttTesting } from '../entry.js';
import { testBroker } from '../../../lib/testing.js';
import { leave, textOf } from '../support.js';

describe('the guide', () => {
  it('should show a house, set a temperature, and survive a logout', async () => {
    const broker = testBroker();
    TestBed.configureTestingModule({ providers: [appConfig.providers, provideMqttTesting(broker)] });
    const fixture = TestBed.createComponent(House);
    const text = () => textOf(fixture, broker);
    expect(await text()).to.equal('Attic: nothing yet °CRooms: 021 °C');
    broker.publish('house/attic/temp', '21.5');
    broker.publish('house/bath/temp', '24');
    expect(await text()).to.equal('Attic: 21.5 °CRooms: 221 °C');
    fixture.componentInstance.heat('attic', 21);
    await text();
    expect(broker.published('house/attic/target').map((message) => message.text())).to.deep.equal(['21.0']);
    fixture.componentInstance.heat('a/b', 21);
    expect(await text()).to.match(/invalid topic/);

    TestBed.inject(Auth).logOut();
    expect(await text()).to.match(/^Attic: 21\.5/);
    expect(broker.clients).to.deep.equal([]);
    TestBed.inject(Auth).logIn();
    await text();
    broker.publish('house/attic/temp', '22');
    expect(await text()).to.match(/^Attic: 22/);
    broker.unreachable();
    expect(await text()).to.match(/^No connection\. Next attempt in \d s\.Attic: 22/);
    leave({ broker });
  });

  it('should follow a room, and have a further client', async () => {
    const broker = testBroker();
    TestBed.configureTestingModule({ providers: [plantProviders, provideMqttTesting(broker)] });
    const fixture = TestBed.createComponent(Room);
    await textOf(fixture, broker);
    expect(broker.subscriptions.map(({ filter }) => filter)).to.deep.equal(['house/attic/temp']);
    expect(String(TestBed.runInInjectionContext(() => injectMqtt(PLANT)))).to.match(/wss:\/\/plant\.example/);
    leave({ broker });
  });
});
