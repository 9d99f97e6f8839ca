import type { Command } from './Command.js';
import { bench } from './bench.js';
import { doctor } from './doctor.js';
import { pub } from './pub.js';
import { request } from './request.js';
import { sub } from './sub.js';
import { watch } from './watch.js';

/** All verbs of the command line, as the help lists them. */
export const COMMANDS: readonly Command[] = [sub, pub, request, watch, bench, doctor];
