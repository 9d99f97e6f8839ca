// The same page without any server, for the documentation: its broker is in its memory.
import { memoryStage } from './memoryStage.js';
import { show } from './view/show.js';

show(memoryStage());
