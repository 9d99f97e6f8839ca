import { Controller, Get, Res } from '@nestjs/common';
import { MqttHealthIndicator } from '../../lib/nestjs.js';

// docs: health
@Controller('health')
export class HealthController {
  constructor(private readonly mqtt: MqttHealthIndicator) {}

  @Get()
  async check(@Res({ passthrough: true }) response: { status(code: number): unknown }) {
    const { mqtt } = await this.mqtt.isHealthy('mqtt');
    response.status(mqtt.status === 'up' ? 200 : 503);
    return { mqtt };
  }
}
// docs: end
