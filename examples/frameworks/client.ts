import { createClient } from '../../lib/index.js';

export const client = createClient('wss://broker.example/mqtt');
