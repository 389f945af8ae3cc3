/**
 * What goes wrong with commands, on order: the next calls fail, hang, are slow, print half; a running one is killed, goes mute, gets a line
 * that nobody knows. The same for executables and in process. Knows no command.
 */

export type CallFault =
  /** Prints this and exits; nothing is done. */
  | { readonly kind: 'fail'; readonly code: number; readonly stderr?: string; readonly stdout?: string }
  /** Never ends, nothing is done. */
  | { readonly kind: 'hang' }
  /** Starts `ms` late, so that everything is `ms` later. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Does its work at once and prints, but exits only after `ms`: a success that comes after the caller's time-out. */
  | { readonly kind: 'late'; readonly ms: number }
  /** Only the first `bytes` of standard output come through. */
  | { readonly kind: 'partial'; readonly bytes: number; readonly code?: number }
  /** A line that no parser knows, after the first line of output. */
  | { readonly kind: 'extra-line'; readonly line: string }
  /** There is no such program. In process only; executables exit 127. */
  | { readonly kind: 'not-started'; readonly why: string };

export interface Order {
  readonly command: string;
  /** Matched against the arguments joined by blanks. Default: any. */
  readonly match?: RegExp;
  /** How many calls it is for. Default 1. */
  readonly times?: number;
  readonly fault: CallFault;
}

/** A command that runs now. */
export interface Running {
  readonly command: string;
  readonly args: readonly string[];
  readonly pid: number;
  readonly startedAt: number;
  /** Ends it by a signal, as kill(1) does. */
  kill(signal: string): void;
  /** From now on it prints nothing, and does not end. */
  mute(): void;
  /** Prints this as if the command had: half a line, an unknown one. */
  inject(text: string): void;
}

export interface FaultBoard {
  add(order: Order): void;
  /** Takes back every order that has not been used. */
  clear(): void;
  /** Used by the runners: the fault for this call, if one is due. */
  take(command: string, args: readonly string[]): CallFault | null;
  /** The same, when the next one due says that there is no such program: why. */
  takeNotStarted(command: string, args: readonly string[]): string | null;
  /** Orders that are not used yet. */
  readonly pending: number;
  /** Whether such a call would get a fault now. */
  isPendingFor(command: string, args: readonly string[]): boolean;
  /** How many calls have got a fault so far. */
  readonly used: number;
  /** Those of one command. */
  usedBy(command: string): number;
  /** The command that the last of them was for. */
  readonly lastMet: string | null;
  running(command?: string, match?: RegExp): readonly Running[];
  /** Used by the runners. The returned function takes it off. */
  enter(running: Running): () => void;
  /** Every call so far: for tests that ask what was run. Bounded to the last 10,000. */
  readonly calls: readonly {
    readonly command: string;
    readonly args: readonly string[];
    readonly at: number;
  }[];
  note(command: string, args: readonly string[], at: number): void;
}

export const createFaultBoard = (): FaultBoard => {
  let orders: { order: Order; left: number }[] = [];
  const all = new Set<Running>();
  const calls: { command: string; args: readonly string[]; at: number }[] = [];
  const matches = (pattern: RegExp | undefined, args: readonly string[]): boolean =>
    pattern === undefined || new RegExp(pattern.source, pattern.flags.replace('g', '')).test(args.join(' '));
  const find = (command: string, args: readonly string[]): { order: Order; left: number } | undefined =>
    orders.find((one) => one.order.command === command && matches(one.order.match, args));
  let used = 0;
  const usedBy = new Map<string, number>();
  let lastMet: string | null = null;
  const use = (due: { order: Order; left: number }): CallFault => {
    used++;
    lastMet = due.order.command;
    usedBy.set(lastMet, (usedBy.get(lastMet) ?? 0) + 1);
    due.left--;
    if (due.left <= 0) orders = orders.filter((one) => one !== due);
    return due.order.fault;
  };
  return {
    add: (order) => {
      orders.push({ order, left: order.times ?? 1 });
    },
    clear: () => {
      orders = [];
    },
    take: (command, args) => {
      const due = find(command, args);
      return due === undefined ? null : use(due);
    },
    takeNotStarted: (command, args) => {
      const due = find(command, args);
      if (due === undefined || due.order.fault.kind !== 'not-started') return null;
      use(due);
      return due.order.fault.why;
    },
    get pending() {
      return orders.length;
    },
    isPendingFor: (command, args) => find(command, args) !== undefined,
    get used() {
      return used;
    },
    usedBy: (command) => usedBy.get(command) ?? 0,
    get lastMet() {
      return lastMet;
    },
    running: (command, match) =>
      [...all].filter(
        (one) => (command === undefined || one.command === command) && matches(match, one.args),
      ),
    enter: (running) => {
      all.add(running);
      return () => {
        all.delete(running);
      };
    },
    calls,
    note: (command, args, at) => {
      calls.push({ command, args, at });
      if (calls.length > 10_000) calls.splice(0, 5000);
    },
  };
};
