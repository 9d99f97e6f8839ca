import { BehaviorSubject } from 'rxjs';
import { type Conditions, FINE, type Programme, type Stage } from './Stage.js';

/** The stage whose broker and network are played by the demo's server, which the page came from. */
export function remoteStage({ place, protocolVersion }: Programme, page: string): Stage {
  const conditions$ = new BehaviorSubject<Conditions>(FINE);
  const source = new EventSource(`/conditions/${page}`);
  source.onmessage = ({ data }: MessageEvent<string>) => conditions$.next(JSON.parse(data) as Conditions);
  return {
    place,
    page,
    protocolVersion,
    server: (name) => `ws://${location.host}/mqtt/${page}/${name}`,
    conditions$,
    async act(deed) {
      const response = await fetch(`/act/${page}/${deed}`, { method: 'POST' });
      if (!response.ok) throw new Error(await response.text());
    },
  };
}
