// The page of `npm run demo`: its broker and its network are in the demo's server.
import type { Programme } from './Stage.js';
import { remoteStage } from './remoteStage.js';
import { show } from './view/show.js';

async function begin(): Promise<void> {
  const response = await fetch('programme.json');
  show(remoteStage((await response.json()) as Programme, crypto.randomUUID().slice(0, 8)));
}

void begin();
