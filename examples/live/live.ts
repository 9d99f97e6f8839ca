// The page of `npm run demo`: its broker and its network are in the demo's server.
import { type Programme, remoteStage } from './remoteStage.js';
import { show } from './view/show.js';

async function begin(): Promise<void> {
  const page = Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
  const response = await fetch('programme.json');
  show(remoteStage({ ...((await response.json()) as Omit<Programme, 'page'>), page }));
}

void begin();
