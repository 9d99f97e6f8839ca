import { Controller, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientMqtt, EventPattern, MessagePattern, Payload, Transport } from '@nestjs/microservices';
import { type Observable, lastValueFrom, of, toArray } from 'rxjs';
import { MqttClientProxy } from '../../lib/nestjs.js';

/*
 * Nest's own MQTT transport on one side: `ask` asks the service at `url` by Nest's own client, or, with `ours`, by our proxy;
 * `serve` is a service of Nest's own.
 */
const [role, url = '', whose] = process.argv.slice(2);
Logger.overrideLogger(['error', 'warn']);

@Controller()
class Sums {
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

  @EventPattern('once')
  once(@Payload() what: unknown) {
    process.stdout.write(`event ${JSON.stringify(what)}\n`);
  }
}

class SumsModule {}

if (role === 'serve') {
  Logger.overrideLogger(false);
  const options = { transport: Transport.MQTT, options: { url } } as const;
  const app = await NestFactory.createMicroservice({ module: SumsModule, controllers: [Sums] }, options);
  await app.listen();
  process.stdout.write('ready\n');
} else {
  const proxy = whose === 'ours' ? new MqttClientProxy({ server: url }) : new ClientMqtt({ url });
  const show = async (answers$: Observable<unknown>) => {
    const said: unknown = await lastValueFrom(answers$.pipe(toArray())).catch((error: unknown) => ({ error }));
    process.stdout.write(`${JSON.stringify(said)}\n`);
  };
  await show(proxy.send('sum', [1, 2, 3]));
  await show(proxy.send('count', ''));
  await show(proxy.send('broken', ''));
  await lastValueFrom(proxy.emit('once', { hot: true }));
  await proxy.close();
}
