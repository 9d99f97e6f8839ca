import { Injector, assertInInjectionContext, inject, runInInjectionContext } from '@angular/core';
import { MqttClient } from '../everywhere.js';
import { injectMqtt } from './injectMqtt.js';
import type { ClientToken } from './mqttToken.js';

/** Which client is used, and where it is looked for. */
export interface ClientPlace {
  /** A client, or its token. Default: the client that `provideMqtt` provides without a token. */
  readonly client?: MqttClient | ClientToken | undefined;
  /** Whose end is the end of what is made. Default: the present injection context. */
  readonly injector?: Injector | undefined;
}

/**
 * Makes something in its injection context, with its client.
 *
 * @param caller the public function that is called, for Angular's error where there is no injection context
 * @param make gets the client, and the options that do not say where it is
 */
export function inPlace<O extends ClientPlace, T>(
  { client, injector, ...others }: O,
  caller: (...args: never[]) => unknown,
  make: (client: MqttClient, others: Omit<O, keyof ClientPlace>) => T,
): T {
  if (!injector) assertInInjectionContext(caller);
  return runInInjectionContext(injector ?? inject(Injector), () =>
    make(client instanceof MqttClient ? client : injectMqtt(client), others),
  );
}
