import { Controller, Inject } from '@nestjs/common';
import { type ClientProxy, Ctx, EventPattern, MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { z } from 'zod';
import { json } from '../../lib/index.js';
import { MqttContext, type MqttHandlerOptions, MqttParam } from '../../lib/nestjs.js';

const Reading = z.object({ celsius: z.number() });
type Reading = z.infer<typeof Reading>;

@Controller()
export class ClimateController {
  private readonly readings = new Map<string, number[]>();

  constructor(@Inject('HOUSE') private readonly house: ClientProxy) {}

  // docs: events
  /** A reading is acknowledged when this is done: also the alarm has arrived at the broker by then. */
  @EventPattern<string>('house/+room/temp', { qos: 1, payload: json(Reading) } satisfies MqttHandlerOptions)
  async read(@MqttParam('room') room: string, @Payload() { celsius }: Reading) {
    this.readings.set(room, [...(this.readings.get(room) ?? []), celsius].slice(-10));
    if (celsius > 30) await this.alarm(room, celsius);
  }
  // docs: end

  // docs: requests
  @MessagePattern('climate/mean')
  mean(@Payload() { room }: { room: string }) {
    const readings = this.readings.get(room);
    if (!readings) throw new RpcException(`there are no readings of "${room}" yet`);
    return { room, celsius: readings.reduce((sum, celsius) => sum + celsius) / readings.length };
  }
  // docs: end

  // docs: context
  /** Log books take what is new, and in order. */
  @EventPattern<string>('house/#', { retainHandling: 2, concurrency: 1 } satisfies MqttHandlerOptions)
  note(@Payload() data: unknown, @Ctx() context: MqttContext) {
    const { qos, retain } = context.getPacket();
    console.log(context.getTopic(), JSON.stringify(data), { qos, retain });
  }
  // docs: end

  // docs: emit
  private async alarm(room: string, celsius: number) {
    await firstValueFrom(this.house.emit(`alarm/${room}`, { celsius }));
  }
  // docs: end
}
