import { type Observable, map } from 'rxjs';
import { type ShallowRef, defineComponent, h, onScopeDispose, shallowRef } from 'vue';
import type { MqttClient } from '../../lib/index.js';

// docs: vue
export function useStream<T>(stream$: Observable<T>, initial: T): Readonly<ShallowRef<T>> {
  const value = shallowRef(initial);
  const listening = stream$.subscribe((next) => (value.value = next));
  onScopeDispose(() => listening.unsubscribe());
  return value;
}

export const temperature = (client: MqttClient, room: string) =>
  defineComponent(() => {
    const text = useStream(client.topic$(`house/${room}/temp`).pipe(map((m) => m.text())), 'nothing yet');
    return () => h('b', text.value);
  });
// docs: end
