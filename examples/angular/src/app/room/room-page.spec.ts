import { TestBed } from '@angular/core/testing';
import { provideRouter, withComponentInputBinding } from '@angular/router';
import { RouterTestingHarness } from '@angular/router/testing';
import { provideMqttTesting } from 'tortoise-rx/angular';
import { testBroker } from 'tortoise-rx/testing';
import { logIn } from '../../testing/log-in';
import { RoomPage } from './room-page';

describe('RoomPage', () => {
  it('should show another room, on the same connection, when the route changes', async () => {
    const broker = testBroker();
    broker.publish('house/attic/hub/status', 'battery low', { retain: true });
    broker.publish('house/kitchen/hub/status', 'all is well', { retain: true });
    broker.publish('house/kitchen/temperature', '{"value":21.53,"at":1}', { retain: true });
    TestBed.configureTestingModule({
      providers: [
        provideMqttTesting(broker),
        provideRouter([{ path: 'rooms/:room', component: RoomPage }], withComponentInputBinding()),
      ],
    });
    logIn();
    const harness = await RouterTestingHarness.create('/rooms/attic');
    const shown = async () => {
      await broker.settled();
      await harness.fixture.whenStable();
      await broker.settled();
      await harness.fixture.whenStable();
      return harness.routeNativeElement!.textContent!.replace(/\s+/g, ' ');
    };
    expect(await shown()).toContain('Hub: battery low');
    const connected = broker.clients.map(({ clientId }) => clientId);

    await harness.navigateByUrl('/rooms/kitchen');
    const kitchen = await shown();
    expect(kitchen).toContain('Hub: all is well');
    expect(kitchen).toContain('21.5 °C');
    expect(broker.clients.map(({ clientId }) => clientId)).toEqual(connected);
  });
});
