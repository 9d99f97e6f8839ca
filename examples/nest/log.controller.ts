import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { MqttContext, type MqttHandlerOptions } from '../../lib/nestjs.js';

// docs: context
@Controller()
export class LogController {
  /** A log takes what is new, in order. */
  @EventPattern<string>('house/#', { retainHandling: 2, concurrency: 1 } satisfies MqttHandlerOptions)
  note(@Payload() data: unknown, @Ctx() context: MqttContext) {
    const { qos, retain } = context.getPacket();
    console.log(context.getTopic(), JSON.stringify(data), { qos, retain });
  }
}
// docs: end
