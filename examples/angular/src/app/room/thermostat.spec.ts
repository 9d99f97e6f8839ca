import { type ComponentFixture, TestBed } from '@angular/core/testing';
import { provideMqttTesting } from 'tortoise-rx/angular';
import { type TestBroker, testBroker } from 'tortoise-rx/testing';
import { logIn } from '../../testing/log-in';
import { House } from '../house/house';
import { Thermostat } from './thermostat';

describe('Thermostat', () => {
  let broker: TestBroker;
  let fixture: ComponentFixture<Thermostat>;
  let page: HTMLElement;

  const shown = async () => {
    await broker.settled();
    await fixture.whenStable();
    return page.textContent!.replace(/\s+/g, ' ');
  };
  const button = (text: string) => [...page.querySelectorAll('button')].find((one) => one.textContent!.includes(text))!;
  const input = () => page.querySelector('input')!;
  const type = (celsius: number) => {
    input().value = String(celsius);
    input().dispatchEvent(new Event('input'));
  };

  beforeEach(() => {
    broker = testBroker();
    TestBed.configureTestingModule({ providers: [provideMqttTesting(broker, { protocolVersion: 5 })] });
    logIn();
    TestBed.inject(House);
    fixture = TestBed.createComponent(Thermostat);
    fixture.componentRef.setInput('room', 'kitchen');
    page = fixture.nativeElement as HTMLElement;
  });

  it('should begin with what the thermostat is set to', async () => {
    broker.publish('house/kitchen/thermostat/target', '{"celsius":19.5,"by":"grace"}', { retain: true });
    expect(await shown()).toContain('set to 19.5 °C by grace');
    expect(input().value).toBe('19.5');
  });

  it('should tell the thermostat', async () => {
    await shown();
    button('+').click();
    button('Set').click();
    expect(await shown()).toContain('The thermostat has been told.');
    const [message] = broker.published('house/kitchen/thermostat/set');
    expect(JSON.parse(message!.text())).toEqual({ celsius: 21.5, by: 'ada' });
  });

  it('should be pending until the broker has it', async () => {
    await shown();
    broker.hold('puback');
    button('Set').click();
    expect(await shown()).toContain('Setting…');
    broker.release();
    expect(await shown()).toContain('The thermostat has been told.');
    expect(button('Set').disabled).toBe(false);
  });

  it('should say what is wrong with a temperature, and send nothing', async () => {
    await shown();
    type(45);
    button('Set').click();
    expect(await shown()).toContain('a room can be heated to 30 °C at most');
    expect(broker.published('house/+/thermostat/set')).toHaveLength(0);

    type(25);
    button('Set').click();
    expect(await shown()).toContain('The thermostat has been told.');
  });

  it('should say what the broker refuses', async () => {
    await shown();
    broker.refuse('house/kitchen/#');
    button('Set').click();
    expect(await shown()).toContain('Not set:');
  });
});
