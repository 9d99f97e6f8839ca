// Node 20 does not give a worker the loader of TypeScript that the main thread has.
import { tsImport } from 'tsx/esm/api';

await tsImport('./worker.ts', import.meta.url);
