// Mosquitto, behind a process of its own: what it says would grow in the process that is measured.
import { mosquitto } from '../spec/support/mosquitto.js';

const broker = await mosquitto();
process.send!(broker.port);
process.once('disconnect', () => void broker.stop().then(() => process.exit()));
