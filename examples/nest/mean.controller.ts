import { Controller } from '@nestjs/common';
import { MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import { Readings } from './readings.js';

// docs: requests
@Controller()
export class MeanController {
  constructor(private readonly readings: Readings) {}

  @MessagePattern('climate/mean')
  mean(@Payload() { room }: { room: string }) {
    const celsius = this.readings.mean(room);
    if (celsius === undefined) throw new RpcException(`there are no readings of "${room}" yet`);
    return { room, celsius };
  }
}
// docs: end
