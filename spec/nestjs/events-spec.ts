import { Controller, ParseIntPipe } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { expect } from 'chai';
import { NEVER, Observable, Subject, of, throwError } from 'rxjs';
import { json } from '../../lib/index.js';
import { type MqttContext, MqttParam } from '../../lib/nestjs.js';
import { OnEvent, nestStage } from './nestStage.js';

for (const version of [4, 5] as const) {
  describe(`events of the NestJS strategy, MQTT ${version}`, () => {
    const on = nestStage(version);
    let seen: unknown[];
    beforeEach(() => (seen = []));

    it('should hand over JSON, text and the data of packets of Nest', async () => {
      @Controller()
      class Readings {
        @OnEvent('readings')
        read(@Payload() data: unknown) {
          seen.push(data);
        }
      }
      await on.serve([Readings]);
      for (const text of ['21.5', '{"celsius":21.5}', 'warm', '', '{"pattern":"readings","data":{"celsius":3}}']) {
        on.broker.publish('readings', text);
      }
      await on.settle();
      expect(seen).to.deep.equal([21.5, { celsius: 21.5 }, 'warm', '', { celsius: 3 }]);
    });

    it('should tell topic, message and named wildcards', async () => {
      @Controller()
      class Readings {
        @OnEvent('house/+room/#rest')
        read(@Payload() data: unknown, @Ctx() context: MqttContext<{ room: string; rest: string }>) {
          const { qos, retain, dup } = context.getPacket();
          seen.push(data, context.getTopic(), context.params.room, context.params.rest, [qos, retain, dup]);
          seen.push(context.getPattern(), context.getArgs()[0], context.getPacket().text());
        }
      }
      await on.serve([Readings]);
      expect(on.broker.subscriptions.map(({ filter, qos }) => [filter, qos])).to.deep.equal([['house/+/#', 1]]);
      on.broker.publish('house/attic/temp/north', '21', { qos: 1 });
      await on.settle();
      const message = [21, 'house/attic/temp/north', 'attic', 'temp/north', [1, false, false]];
      expect(seen).to.deep.equal([...message, 'house/+room/#rest', 'house/attic/temp/north', '21']);
    });

    it('should give a named wildcard as an argument, through pipes', async () => {
      @Controller()
      class Readings {
        @OnEvent('floor/+floor/+room')
        read(@MqttParam('room') room: string, @MqttParam('floor', ParseIntPipe) floor: number) {
          seen.push(room, floor);
        }

        @OnEvent('garden/+bed')
        misspelt(@MqttParam('bad') bed: string) {
          seen.push(bed);
        }
      }
      await on.serve([Readings]);
      on.broker.publish('floor/3/attic');
      on.broker.publish('garden/roses');
      await on.settle();
      expect(seen).to.deep.equal(['attic', 3]);
      expect(on.log.of('error')[0]).to.equal(`@MqttParam('bad'): not in the pattern "garden/+bed": it has bed`);
    });

    it('should hand a message to every handler whose pattern matches, once', async () => {
      @Controller()
      class First {
        @OnEvent('house/+room/temp')
        one() {
          seen.push('one');
        }
        @OnEvent('house/#')
        all() {
          seen.push('all');
        }
        @OnEvent('house/attic/temp')
        exact() {
          seen.push('exact');
        }
      }
      @Controller()
      class Second {
        @OnEvent('house/+room/temp')
        two() {
          seen.push('two');
        }
      }
      await on.serve([First, Second]);
      on.broker.publish('house/attic/temp', '21', { qos: 1 });
      await on.settle();
      expect(seen).to.have.members(['one', 'all', 'exact', 'two']);
      expect(on.broker.acknowledged()).to.have.length(1);
    });

    it('should acknowledge when the promise is kept, or the Observable completes', async () => {
      let keep: (() => void) | undefined;
      const stream$ = new Subject<number>();
      @Controller()
      class Slow {
        @OnEvent('promise')
        promise() {
          return new Promise<void>((resolve) => (keep = resolve));
        }
        @OnEvent('stream')
        stream() {
          return stream$;
        }
      }
      await on.serve([Slow]);
      on.broker.publish('promise', '', { qos: 1 });
      on.broker.publish('stream', '', { qos: 2 });
      await on.settle();
      stream$.next(1);
      await on.settle();
      expect(on.broker.acknowledged()).to.deep.equal([]);
      keep!();
      await on.settle();
      expect(on.broker.acknowledged().map(({ topic }) => topic)).to.deep.equal(['promise']);
      stream$.complete();
      await on.settle();
      expect(on.broker.acknowledged().map(({ topic }) => topic)).to.deep.equal(['promise', 'stream']);
    });

    it('should acknowledge what failed, by default, and log it', async () => {
      @Controller()
      class Failing {
        @OnEvent('thrown/+what')
        thrown() {
          throw new Error('no disk');
        }
        @OnEvent('erring')
        erring() {
          return throwError(() => new Error('no tape'));
        }
      }
      await on.serve([Failing]);
      on.broker.publish('thrown/a', '', { qos: 1 });
      on.broker.publish('erring', '', { qos: 1 });
      await on.settle();
      expect(on.broker.acknowledged()).to.have.length(2);
      expect(on.log.of('error')).to.have.members([
        'no disk',
        'no tape',
        'the handler of thrown/+what (message on thrown/a) failed, the message is acknowledged all the same: Internal server error',
        'the handler of erring failed, the message is acknowledged all the same: Internal server error',
      ]);
    });

    if (version === 5) {
      it("should refuse what failed, with onError: 'refuse'", async () => {
        @Controller()
        class Failing {
          @OnEvent('job', { onError: 'refuse' })
          work() {
            throw new Error('no disk');
          }
        }
        await on.serve([Failing]);
        on.broker.publish('job', '', { qos: 1 });
        await on.settle();
        expect(on.broker.acknowledged().map(({ reasonCode }) => reasonCode)).to.deep.equal([0x83]);
      });
    }

    it("should leave what failed for the next connection, with onError: 'retry'", async () => {
      @Controller()
      class Failing {
        @OnEvent('job', { onError: 'retry' })
        work() {
          seen.push('work');
          return seen.length === 1 ? throwError(() => new Error('no disk')) : of('done');
        }
      }
      await on.serve([Failing], { cleanSession: false });
      on.broker.publish('job', '', { qos: 1 });
      await on.settle();
      expect([seen, on.broker.acknowledged()]).to.deep.equal([['work'], []]);
      on.broker.drop();
      await on.until(() => seen.length > 1);
      await on.settle();
      expect(seen).to.deep.equal(['work', 'work']);
      expect(on.broker.acknowledged()).to.have.length(1);
    });

    it('should obey the extras of each handler, and the defaults of the server', async () => {
      @Controller()
      class Readings {
        @OnEvent('own', { qos: 2, sharedGroup: false })
        own() {}
        @OnEvent('other', { sharedGroup: 'others' })
        other() {}
        @OnEvent('plain/+room')
        plain() {}
        @OnEvent('$share/written/filter')
        written() {}
      }
      await on.serve([Readings], { sharedGroup: 'climate', qos: 0 });
      expect(on.broker.subscriptions.map(({ filter, qos }) => `${filter} ${qos}`)).to.have.members([
        'own 2',
        '$share/others/other 0',
        '$share/climate/plain/+ 0',
        '$share/written/filter 0',
      ]);
    });

    it('should decode by the codec of the handler, and not hand over what does not decode', async () => {
      @Controller()
      class Readings {
        @OnEvent('typed', { payload: json<{ data: number }>() })
        read(@Payload() data: { data: number }) {
          seen.push(data);
        }
      }
      await on.serve([Readings]);
      on.broker.publish('typed', '{"data":1}', { qos: 1 });
      on.broker.publish('typed', '{', { qos: 1 });
      await on.settle();
      expect(seen).to.deep.equal([{ data: 1 }]);
      expect(on.broker.acknowledged()).to.have.length(2);
      expect(on.log.of('warn')).to.deep.equal(['message does not decode: typed']);
    });

    it('should work on as many messages at a time as concurrency says, in order', async () => {
      let most = 0;
      let now = 0;
      @Controller()
      class Careful {
        @OnEvent('one', { concurrency: 1 })
        async one(@Payload() n: number) {
          most = Math.max(most, ++now);
          await new Promise(setImmediate);
          now--;
          seen.push(n);
        }
      }
      await on.serve([Careful]);
      for (let i = 0; i < 5; i++) on.broker.publish('one', String(i), { qos: 1 });
      await on.settle();
      await on.settle();
      expect([seen, most]).to.deep.equal([[0, 1, 2, 3, 4], 1]);
    });

    it('should call the hooks of instrumentation around each message, once', async () => {
      @Controller()
      class Readings {
        @OnEvent('good')
        good() {
          seen.push('handled');
          return of(1, 2);
        }
        @OnEvent('bad')
        bad() {
          throw new Error('bad');
        }
      }
      const { app, server } = await on.service([Readings]);
      server.setOnProcessingStartHook((id, context, done) => {
        seen.push(['start', id, (context as MqttContext).getTopic()]);
        void done().then(() => seen.push('done'));
      });
      server.setOnProcessingEndHook((_, context) => seen.push(['end', (context as MqttContext).getTopic()]));
      await app.listen();
      on.broker.publish('good', '', { qos: 1 });
      await on.settle();
      on.broker.publish('bad', '', { qos: 1 });
      await on.settle();
      const around = (topic: string, ...inside: unknown[]) => [['start', 3, topic], ...inside, ['end', topic], 'done'];
      expect(seen).to.deep.equal([...around('good', 'handled'), ...around('bad')]);
      expect(on.broker.acknowledged()).to.have.length(2);
    });

    it('should leave a handler when the time to close is over', async () => {
      on.forgive();
      let left = 0;
      @Controller()
      class Endless {
        @OnEvent('endless')
        run() {
          return new Observable(() => () => left++);
        }
        @OnEvent('never')
        never() {
          return NEVER;
        }
      }
      const { app } = await on.serve([Endless], { shutdownTimeout: 20, cleanSession: false });
      on.broker.publish('endless', '', { qos: 1 });
      await on.settle();
      await app.close();
      expect(left).to.equal(1);
      expect(on.log.of('warn')).to.deep.equal([
        '1 handler has not finished within 20 ms: their messages stay unacknowledged',
      ]);
      expect(on.broker.acknowledged()).to.deep.equal([]);
    });
  });
}
