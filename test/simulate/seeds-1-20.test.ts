import { hold } from './hold.ts';

hold(1, 20);
