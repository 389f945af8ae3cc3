import { runTogether } from './run.ts';

await runTogether('config', 'docs', 'doctor', 'etc', 'golden', 'recording', 'text', 'wire');
