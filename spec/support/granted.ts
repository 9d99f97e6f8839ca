import { filter, firstValueFrom } from 'rxjs';
import type { MqttClient } from '../../lib/client/MqttClient.js';

/** Resolves when the broker has granted the topic filters: from then on no message is missed. */
export async function granted(client: MqttClient, ...filters: readonly string[]): Promise<void> {
  await firstValueFrom(
    client.subscriptions$.pipe(filter((all) => filters.every((one) => all.get(one)?.state === 'granted'))),
  );
}
