import { Controller, Inject } from '@nestjs/common';
import { type ClientProxy, EventPattern, Payload } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { z } from 'zod';
import { json } from '../../lib/index.js';
import { type MqttHandlerOptions, MqttParam } from '../../lib/nestjs.js';
import { Readings } from './readings.js';

// docs: events
const Reading = z.object({ celsius: z.number() });

@Controller()
export class ReadingsController {
  constructor(
    private readonly readings: Readings,
    @Inject('HOUSE') private readonly house: ClientProxy,
  ) {}

  /** A reading is acknowledged when this is done: then the broker has the alarm as well. */
  @EventPattern<string>('house/+room/temp', { qos: 1, payload: json(Reading) } satisfies MqttHandlerOptions)
  async read(@MqttParam('room') room: string, @Payload() { celsius }: z.infer<typeof Reading>) {
    this.readings.add(room, celsius);
    if (celsius > 30) await firstValueFrom(this.house.emit(`alarm/${room}`, { celsius }));
  }
}
// docs: end
