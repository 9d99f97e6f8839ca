// docs: testing
import { NestFactory } from '@nestjs/core';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { expect } from 'chai';
import { MqttServer } from '../../lib/nestjs.js'; // yours: 'tortoise-rx/nestjs'
import { testBroker } from '../../lib/testing.js'; // yours: 'tortoise-rx/testing'

const seen: unknown[] = [];

@Controller()
class Readings {
  @EventPattern('house/+room/temp')
  read(@Payload() reading: unknown) {
    seen.push(reading);
  }
}

describe('the readings', () => {
  it('should be read, and acknowledged', async () => {
    const broker = testBroker();
    const strategy = new MqttServer({ server: broker });
    const app = await NestFactory.createMicroservice({ module: class {}, controllers: [Readings] }, { strategy });
    await app.listen();
    broker.publish('house/attic/temp', '{"celsius":21.5}', { qos: 1 });
    await broker.settled();
    expect(seen).to.deep.equal([{ celsius: 21.5 }]);
    expect(broker.acknowledged('house/attic/temp')).to.have.length(1);
    await app.close();
  });
});
// docs: end
