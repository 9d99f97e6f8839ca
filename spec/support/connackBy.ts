import type { ScriptedBroker, ScriptedConnack } from './scriptedBroker.js';

/** Lets a broker ask at each CONNECT what CONNACK says. */
export function connackBy(broker: ScriptedBroker, answer: () => ScriptedConnack): void {
  Object.defineProperty(broker, 'connack', { get: answer });
}
