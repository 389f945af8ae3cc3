import { runTogether } from './run.ts';

await runTogether('adapter', 'bench', 'ctl', 'daemon');
