import { Module } from '@nestjs/common';
import { ClientsModule } from '@nestjs/microservices';
import { MqttClientProxy, MqttHealthIndicator, MqttServer } from '../../lib/nestjs.js';
import { HealthController } from './health.controller.js';
import { LogController } from './log.controller.js';
import { MeanController } from './mean.controller.js';
import { ReadingsController } from './readings.controller.js';
import { Readings } from './readings.js';

const server = process.argv[2] ?? 'mqtt://localhost:1883';

// docs: module
@Module({
  imports: [
    ClientsModule.register([
      { name: 'HOUSE', customClass: MqttClientProxy, options: { server, clientId: 'climate-alarms', format: 'plain' } },
    ]),
  ],
  controllers: [ReadingsController, MeanController, LogController, HealthController],
  providers: [
    Readings,
    {
      provide: MqttServer,
      useFactory: () =>
        new MqttServer({
          server,
          protocolVersion: 5,
          clientId: 'climate',
          cleanSession: false, // the broker keeps what comes while the service is away
          receiveMaximum: 20, // not above the broker's own limit, so that it never sends more
        }),
    },
    {
      provide: MqttHealthIndicator,
      useFactory: (climate: MqttServer) => new MqttHealthIndicator(climate),
      inject: [MqttServer],
    },
  ],
})
export class ClimateModule {}
// docs: end
