import { type ExecutionContext, type PipeTransform, type Type, createParamDecorator } from '@nestjs/common';
import { InvalidArgumentError } from '../index.js';
import type { MqttContext } from './MqttContext.js';

const paramOf = /* @__PURE__ */ createParamDecorator((name: unknown, context: ExecutionContext) => {
  const rpc = context.switchToRpc().getContext<MqttContext>();
  const { params } = rpc;
  if (typeof name === 'string' && Object.hasOwn(params, name)) return params[name];
  const names = Object.keys(params);
  const known = names.length > 0 ? `it has ${names.join(', ')}` : 'it has no named wildcards, such as +room';
  throw new InvalidArgumentError(`@MqttParam('${String(name)}')`, `not in the pattern "${rpc.getPattern()}": ${known}`);
});

/**
 * Gives a handler what a named wildcard of its pattern stands for. A name that is not in the pattern makes the handler fail,
 * with the names that are.
 *
 * @param pipes as of `@Payload()`: `@MqttParam('floor', ParseIntPipe) floor: number`
 * @example
 * @EventPattern('house/+room/temp')
 * warm(@MqttParam('room') room: string, @Payload() celsius: number) {}
 */
export function MqttParam(name: string, ...pipes: (Type<PipeTransform> | PipeTransform)[]): ParameterDecorator {
  return paramOf(name, ...pipes);
}
