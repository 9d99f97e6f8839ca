import { createElement, useEffect, useMemo, useState } from 'react';
import { type Observable, map } from 'rxjs';
import type { MqttClient } from '../../lib/index.js';

// docs: react
export function useStream<T>(stream$: Observable<T>, initial: T): T {
  const [value, setValue] = useState(initial);
  useEffect(() => {
    const listening = stream$.subscribe((next) => setValue(() => next));
    return () => listening.unsubscribe();
  }, [stream$]);
  return value;
}

export function Temperature({ client, room }: { client: MqttClient; room: string }) {
  const texts$ = useMemo(() => client.topic$(`house/${room}/temp`).pipe(map((m) => m.text())), [client, room]);
  return createElement('b', null, useStream(texts$, 'nothing yet'));
}
// docs: end
