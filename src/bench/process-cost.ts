/** What processes have used so far, from Linux's /proc (proc(5)). */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, the same on all of Linux's machines that we could run on. */
const TICKS_PER_SECOND = 100;

export interface ProcessCost {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  /** Seconds of one core, of the process itself with all its threads. */
  readonly cpu: number;
  /** The same of its children that have ended. */
  readonly endedChildrenCpu: number;
}

export const parseProcessStat = (text: string): ProcessCost | null => {
  // The name may hold spaces and parentheses.
  const found = /^(\d+) \((.*)\) (.*)$/s.exec(text.trimEnd());
  if (found === null) return null;
  const [, pid, name = '', rest = ''] = found;
  // From the third field on: state ppid …, utime is the 14th of all.
  const fields = rest.split(' ').map(Number);
  const [, parent = 0] = fields;
  const ticks = (from: number): number => (fields[from - 3] ?? 0) + (fields[from - 2] ?? 0);
  return {
    pid: Number(pid),
    parent,
    name,
    cpu: ticks(14) / TICKS_PER_SECOND,
    endedChildrenCpu: ticks(16) / TICKS_PER_SECOND,
  };
};

/** Nanoseconds on a core (proc(5), schedstat): ticks miss what sleeps most of the time. Of its only thread, as ping has. */
export const parseScheduled = (text: string): number => Number(text.split(' ')[0]) / 1e9;

const readText = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

export const readProcess = (pid: number): ProcessCost | null => {
  const text = readText(`/proc/${pid}/stat`);
  return text === null ? null : parseProcessStat(text);
};

/** Seconds of one core that a process of one thread has used. */
export const readScheduled = (pid: number): number => {
  const text = readText(`/proc/${pid}/schedstat`);
  return text === null ? 0 : parseScheduled(text);
};

export const readChildren = (parent: number): readonly ProcessCost[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? [])
    .filter((each) => each.parent === parent);

/** `VmRSS`, `RssAnon` (of that, what comes from no file), `VmHWM` (the highest so far) in MB. */
export const readMemory = (pid: number, key: 'VmRSS' | 'RssAnon' | 'VmHWM'): number => {
  const kilobytes = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(
    readText(`/proc/${pid}/status`) ?? '',
  )?.[1];
  return kilobytes === undefined ? Number.NaN : Number(kilobytes) / 1000;
};
