// The climate of a house, as a NestJS service: it consumes readings, answers requests, emits alarms, and tells its health over
// HTTP. Run it with a broker, such as Mosquitto:
//   npx tsc -p examples/nest && node examples/nest/dist/examples/nest/main.js mqtt://localhost:1883
// Then publish a reading, and ask:
//   mosquitto_pub -q 1 -t house/attic/temp -m '{"celsius":31.5}'
//   curl http://localhost:3000/health
// The library is imported from its sources; a program of yours imports from 'tortoise-rx/nestjs'.
import { NestFactory } from '@nestjs/core';
import { MqttServer } from '../../lib/nestjs.js';
import { ClimateModule } from './climate.module.js';

// docs: main
const app = await NestFactory.create(ClimateModule);
app.connectMicroservice({ strategy: app.get(MqttServer) }, { inheritAppConfig: true });
app.enableShutdownHooks(); // SIGTERM waits for the handlers that run
await app.startAllMicroservices(); // resolves when the broker has granted all subscriptions
await app.listen(Number(process.env['PORT'] ?? 3000));
// docs: end
console.log(`listening at ${await app.getUrl()}`);
