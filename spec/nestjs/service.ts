import { Controller, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { of } from 'rxjs';
import { MqttServer, type MqttServerOptions } from '../../lib/nestjs.js';

/*
 * A service that writes each job to a file, which takes it a few milliseconds, and says how many it has written; and that
 * answers requests. It is to be killed, asked to end, and started again.
 */
const [url = '', file = '', options = '{}', pause = '5'] = process.argv.slice(2);
let written = 0;

@Controller()
class Jobs {
  @EventPattern('jobs/+kind', { qos: 1, concurrency: 4 })
  async work(@Payload() job: number) {
    process.stdout.write('begun\n');
    await sleep(Number(pause));
    await appendFile(file, `${job}\n`);
    process.stdout.write(`${++written}\n`);
  }

  @EventPattern('once', { sharedGroup: false })
  once(@Payload() what: unknown) {
    process.stdout.write(`event ${JSON.stringify(what)}\n`);
  }

  @MessagePattern('sum')
  sum(@Payload() numbers: number[]) {
    return numbers.reduce((sum, n) => sum + n, 0);
  }

  @MessagePattern('count')
  count() {
    return of(1, 2, 3);
  }

  @MessagePattern('broken')
  broken() {
    throw new Error('broken');
  }
}

class ServiceModule {}

Logger.overrideLogger(['error', 'warn']);
const strategy = new MqttServer({ server: url, receiveMaximum: 20, ...(JSON.parse(options) as MqttServerOptions) });
const app = await NestFactory.createMicroservice({ module: ServiceModule, controllers: [Jobs] }, { strategy });
app.enableShutdownHooks();
await app.listen();
process.stdout.write('ready\n');
