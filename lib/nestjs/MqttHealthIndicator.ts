import { catchError, firstValueFrom, map, of, timeout } from 'rxjs';
import type { ClientState, MqttClient } from '../index.js';
import { failureText } from './payload.js';

/** What a health indicator looks at: an `MqttServer` or an `MqttClientProxy`. */
export interface HealthSource {
  unwrap(): MqttClient;
  /** Why handlers get no messages, by pattern. */
  readonly failures?: ReadonlyMap<string, unknown>;
}

/** How it stands. */
export interface MqttHealth {
  readonly status: 'up' | 'down';
  /** Milliseconds until the broker answered a ping. */
  readonly roundTrip?: number;
  /** Why it is down. */
  readonly message?: string;
}

/**
 * Tells whether a server or a proxy can do its work: there is a connection, the broker answers a ping, and no handler was
 * refused. Made for `@nestjs/terminus`, and needs none of it: what it promises is a plain object.
 *
 * @example
 * const mqtt = new MqttHealthIndicator(server);
 * health.check([() => mqtt.isHealthy('mqtt')]); // HealthCheckService of terminus
 */
export class MqttHealthIndicator {
  constructor(private readonly source: HealthSource) {}

  /**
   * Looks. Never rejects.
   *
   * @param key under which the result stands
   * @param options `timeout`: milliseconds that the broker has to answer a ping, default 1,000
   */
  async isHealthy<const K extends string = 'mqtt'>(
    key: K = 'mqtt' as K,
    options: { readonly timeout?: number } = {},
  ): Promise<Readonly<Record<K, MqttHealth>>> {
    return { [key]: await this.look(options.timeout ?? 1_000) } as Record<K, MqttHealth>;
  }

  private async look(patience: number): Promise<MqttHealth> {
    const client = this.source.unwrap();
    for (const [pattern, error] of this.source.failures ?? []) {
      return down(pattern === '' ? failureText(error) : `no messages for ${pattern}: ${failureText(error)}`);
    }
    const ended: ClientState = { status: 'closed' };
    const why = whyDown(await firstValueFrom(client.state$, { defaultValue: ended }));
    if (why !== undefined) return down(why);
    const late = () => of(down(`the broker did not answer a ping within ${patience} ms`));
    return firstValueFrom(
      client.ping().pipe(
        map((roundTrip): MqttHealth => ({ status: 'up', roundTrip })),
        timeout({ first: patience, with: late }),
        catchError((error: unknown) => of(down(failureText(error)))),
      ),
      { defaultValue: down('it is closed') },
    );
  }
}

const down = (message: string): MqttHealth => ({ status: 'down', message });

/** An idle one is not down: the ping connects it. */
function whyDown(state: ClientState): string | undefined {
  switch (state.status) {
    case 'idle':
    case 'online':
      return undefined;
    case 'waiting':
      return `${state.cause.message}; attempt ${state.attempt} comes${state.delay === undefined ? '' : ` after ${Math.round(state.delay)} ms`}`;
    case 'connecting':
      return `it is connecting, attempt ${state.attempt}`;
    case 'closed':
      return state.cause?.message ?? 'it is closed';
    case 'closing':
    case 'suspended':
      return `it is ${state.status}`;
  }
}
