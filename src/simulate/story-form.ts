/** The form of each line of a story, as one would tell it: what has to be there, what may be, and what a word may be. */
import type { CallFault } from '../emulator/fault.ts';
import type { Happening } from './story.ts';

/** `NAME`: any word; `NAME#`: a number; `a|b`: one of these; `[x]`: may be missing; `...`: whatever follows. */
type Form = string;

const happeningForms: { readonly [kind in Happening['kind']]: Form } = {
  carrier: 'INTERFACE up|down',
  ifconfig: 'INTERFACE up|down',
  detach: 'INTERFACE',
  attach: 'INTERFACE',
  dark: 'UPLINK yes|no',
  'gateway-dead': 'UPLINK yes|no',
  'dark-family': 'UPLINK inet|inet6|none',
  loss: 'UPLINK PERCENT#',
  latency: 'UPLINK MS#',
  blackhole: 'UPLINK TARGET yes|no',
  renumber: 'INTERFACE ADDRESS',
  offer: 'UPLINK ADDRESS GATEWAY [asked-for]',
  ask: 'UPLINK',
  expire: 'UPLINK',
  'far-silent': 'UPLINK yes|no',
  dhcpleased: 'runs|gone',
  fault: 'COMMAND MATCH TIMES# FAULT ...',
  child: 'COMMAND MATCH kill|mute|cut|junk',
  overflow: 'begins|ends',
  admin: 'pfctl|route ...',
  'by-hand': 'LINK enabled|drained|disabled',
  reload: 'CONFIG',
  start: 'remembering|afresh',
  restart: 'remembering|afresh',
  wall: 'MS#',
  terminate: '',
  kill: '',
  pause: '',
  resume: '',
  stall: '',
  'go-on': '',
  rest: '',
};

const faultForms: { readonly [kind in CallFault['kind']]: Form } = {
  fail: 'CODE# [STDERR]',
  hang: '',
  slow: 'MS#',
  late: 'MS#',
  partial: 'BYTES#',
  'extra-line': 'LINE',
  'not-started': 'WHY',
};

const lineForms: { readonly [word: string]: Form } = {
  seed: 'SEED#',
  lan: 'ADDRESS6',
  uplink: 'NAME INTERFACE ADDRESS GATEWAY [ADDRESS6] [GATEWAY6] [MS#] ...',
  dhcp: 'UPLINK SECONDS#',
  pppoe: 'UPLINK PARENT',
  client: 'ADDRESS POLICY fresh|lasting tcp|udp TO [MS#]',
  'pf.conf': '',
  config: 'NAME',
  after: 'MSms HAPPENING ...',
};

const isOne = (form: string, word: string): boolean => {
  if (form.endsWith('#')) return /^-?\d+(\.\d+)?$/.test(word);
  if (form.endsWith('ms')) return /^\d+(\.\d+)?ms$/.test(word);
  return /^[A-Z0-9]+$/.test(form) || form.split('|').includes(word);
};

const hasForm = (form: Form, words: readonly string[]): boolean => {
  const parts = form.split(' ').filter((part) => part !== '');
  const isOpen = parts.at(-1) === '...';
  const known = isOpen ? parts.slice(0, -1) : parts;
  if (words.length > known.length && !isOpen) return false;
  return known.every((part, at) => {
    const word = words[at];
    if (word === undefined) return part.startsWith('[');
    return isOne(part.replace(/^\[|\]$/g, ''), word);
  });
};

type Forms = { readonly [word: string]: Form };

const expectedBy = (forms: Forms, word: string, rest: readonly string[]): string | null => {
  const form = Object.hasOwn(forms, word) ? forms[word] : undefined;
  if (form === undefined) return `one of ${Object.keys(forms).join(', ')}`;
  return hasForm(form, rest) ? null : `${word} ${form}`.trimEnd();
};

/** What a line should have been; null: it is that. */
export const expectedOf = ([word = '', ...rest]: readonly string[]): string | null => {
  const line = expectedBy(lineForms, word, rest);
  if (line !== null || word !== 'after') return line;
  const [, kind = '', ...words] = rest;
  const happening = expectedBy(happeningForms, kind, words);
  if (happening !== null || kind !== 'fault') return happening;
  return expectedBy(faultForms, words[3] ?? '', words.slice(4));
};

export const isHappeningKind = (word: string): word is Happening['kind'] =>
  Object.hasOwn(happeningForms, word);
