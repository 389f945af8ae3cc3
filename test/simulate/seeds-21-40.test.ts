import { hold } from './hold.ts';

hold(21, 20);
