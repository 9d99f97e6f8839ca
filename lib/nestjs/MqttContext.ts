import { BaseRpcContext } from '@nestjs/microservices';
import type { Message } from '../index.js';

type AnyParams = Readonly<Record<string, string>>;

/**
 * What a handler is told about its message beside the data: `@Ctx() context: MqttContext`.
 *
 * @typeParam P the named wildcards of the pattern
 * @example
 * @EventPattern('house/+room/temp')
 * warm(@Payload() celsius: number, @Ctx() { params }: MqttContext<{ room: string }>) {}
 */
export class MqttContext<P = AnyParams> extends BaseRpcContext<[topic: string, message: Message<P>]> {
  /** @param pattern of the handler, as it stands in the decorator */
  constructor(
    message: Message<P>,
    private readonly pattern: string,
  ) {
    super([message.topic, message]);
  }

  /** The topic name that the message was published to. */
  getTopic(): string {
    return this.args[0];
  }

  /** The message: `topic`, `payload` (bytes), `qos`, `retain`, `dup`, and with MQTT 5 `properties`. */
  getPacket(): Message<P> {
    return this.args[1];
  }

  /** The pattern of the handler, as it stands in the decorator: `house/+room/temp`. */
  getPattern(): string {
    return this.pattern;
  }

  /** What the named wildcards of the pattern stand for: with `house/+room/temp`, `params.room` is the second level. */
  get params(): P {
    return this.args[1].params;
  }
}
