import { Component, Injectable, inject, signal } from '@angular/core';
import { connectionSignal, injectMqtt, mqttToken, provideMqtt, publishAction, topicSignal } from '../../lib/angular.js';
import { type Codec, topic } from '../../lib/index.js';

const celsius: Codec<number> = {
  encode: (value) => value.toFixed(1),
  decode(message) {
    const value = Number.parseFloat(message.text());
    if (Number.isNaN(value)) throw new Error('not a number');
    return value;
  },
};
export const temperature = topic('house/+room/temp', { payload: celsius });
export const target = topic('house/+room/target', { payload: celsius, qos: 1, retain: true });

// docs: login
@Injectable({ providedIn: 'root' })
export class Auth {
  readonly #client = injectMqtt();

  logIn(): void {
    this.#client.resume().subscribe(); // asks for user name and password again
  }

  logOut(): void {
    this.#client.suspend().subscribe(); // all streams and signals stay, and wait
  }
}
// docs: end

@Injectable({ providedIn: 'root' })
export class Tokens {
  readonly user = signal('ada');
  readonly token = signal('secret');
}

// docs: setup
export const appConfig = {
  providers: [
    provideMqtt('wss://broker.example/mqtt', () => {
      const tokens = inject(Tokens);
      return { username: () => tokens.user(), password: () => tokens.token() };
    }),
  ],
};
// docs: end

// docs: further
export const PLANT = mqttToken('plant');

export const plantProviders = [provideMqtt(PLANT, 'wss://plant.example/mqtt')];
// docs: end

// docs: component
@Component({
  selector: 'app-house',
  template: `
    @if (connection().status === 'waiting') {
      <p role="status">No connection. Next attempt in {{ connection.retryIn() }} s.</p>
    }
    <p>Attic: {{ attic() ?? 'nothing yet' }} °C</p>
    <p>Rooms: {{ rooms().size }}</p>
    <button (click)="heat('attic', 21)" [disabled]="heat.pending()">21 °C</button>
    @if (heat.error(); as error) {
      <p role="alert">{{ error.message }}</p>
    }
  `,
})
export class House {
  readonly connection = connectionSignal();
  readonly attic = topicSignal('house/attic/temp', { payload: celsius });
  readonly rooms = topicSignal(temperature, {
    initial: new Map<string, number>(),
    reduce: (rooms, { params, value }) => new Map(rooms).set(params.room, value),
  });
  readonly heat = publishAction((room: string, value: number) => ({ topic: target.name({ room }), value }));
}
// docs: end

// docs: room
@Component({ selector: 'app-room', template: '{{ temperature() }} {{ temperature.error()?.message }}' })
export class Room {
  readonly name = signal('attic'); // or input.required<string>(), of a route
  readonly temperature = topicSignal(() => `house/${this.name()}/temp`, { payload: celsius, initial: 0 });
}
// docs: end
