import { runTogether } from './run.ts';

await runTogether('core');
