/**
 * pf queues: which names there are on which interface, what pfctl checks of them, and how many packets each has got. There is no shaping:
 * the emulator counts, it does not delay (sys/net/hfsc.c for the choice of the class).
 */
import type { QueueDefinition } from './pf-source.ts';

export interface QueueCount {
  readonly packets: number;
  readonly bytes: number;
}

export interface Queues {
  /** What has left by an interface in a queue since the main rule set was loaded; zeros when there is no such queue. */
  get(nic: string, queue: string): QueueCount;
  /** The queues' names on an interface; empty without any. */
  on(nic: string): readonly string[];
  /** A packet leaves; `queue` is what pf gave it. Gives the queue that takes it, null when the interface has none. */
  take(nic: string, queue: string | null, bytes: number): string | null;
}

interface Class {
  readonly definition: QueueDefinition;
  readonly children: Class[];
  packets: number;
  bytes: number;
}

const childrenOf = (
  parent: string,
  nic: string,
  all: readonly QueueDefinition[],
  depth: number,
): readonly QueueDefinition[] => {
  if (depth > 32) return [];
  const own = all.filter((one) => one.parent === parent && (one.interface === null || one.interface === nic));
  // one that names the interface beats one that does not
  return own.filter(
    (one) => one.interface !== null || !own.some((other) => other !== one && other.name === one.name),
  );
};

const buildClass = (
  definition: QueueDefinition,
  nic: string,
  all: readonly QueueDefinition[],
  depth: number,
): Class => ({
  definition,
  children: childrenOf(definition.name, nic, all, depth).map((child) =>
    buildClass(child, nic, all, depth + 1),
  ),
  packets: 0,
  bytes: 0,
});

const flatten = (one: Class): readonly Class[] => [one, ...one.children.flatMap(flatten)];

/** A queue as the kernel has it: one without an interface is on each that has its parent. */
export interface PlacedQueue {
  readonly interface: string;
  readonly definition: QueueDefinition;
}

/** In the order in which pfctl loads them: each root with what hangs under it (pfctl_load_queue). */
export const orderQueues = (all: readonly QueueDefinition[]): readonly PlacedQueue[] =>
  all
    .filter((one) => one.parent === null)
    .flatMap((root) => {
      const nic = root.interface ?? '';
      return flatten(buildClass(root, nic, all, 0)).map(({ definition }) => ({ interface: nic, definition }));
    });

const leafProblem = (one: Class): string | null => {
  const { name, isDefault, hasFlows } = one.definition;
  if (one.children.length === 0) return null;
  if (isDefault) return `default queue ${name} is not a leaf queue`;
  return hasFlows ? `flow queue ${name} is not a leaf queue` : null;
};

const respecified = (one: Class, nic: string, all: readonly QueueDefinition[]): string | null => {
  const below = all.filter(
    (each) => each.parent === one.definition.name && (each.interface === null || each.interface === nic),
  );
  for (const [at, each] of below.entries()) {
    const other = below
      .slice(0, at)
      .find(
        (before) => before.name === each.name && (before.interface === null) === (each.interface === null),
      );
    if (other === undefined) continue;
    return `queue ${each.name}${each.interface === null ? '' : ` on ${each.interface}`} respecified`;
  }
  return null;
};

/** What pfctl dies of once the rules are read, or null (pfctl_check_qassignments, pfctl_load_queues). */
export const queueProblem = (all: readonly QueueDefinition[]): string | null => {
  const matched = new Set<QueueDefinition>();
  for (const root of all.filter((one) => one.parent === null)) {
    const nic = root.interface ?? '';
    const classes = flatten(buildClass(root, nic, all, 0));
    for (const one of classes) matched.add(one.definition);
    for (const one of classes) {
      const problem = respecified(one, nic, all) ?? (one.definition === root ? null : leafProblem(one));
      if (problem !== null) return problem;
    }
    const [top] = classes;
    const own = top === undefined ? null : leafProblem(top);
    if (own !== null) return own;
    if (!root.hasBandwidth && classes.length > 1) return `root queue ${root.name} doesn't support hierarchy`;
    if (root.hasBandwidth && !classes.some((one) => one.definition.isDefault))
      return 'no default queue specified';
  }
  for (const one of all.filter((each) => each.parent !== null)) {
    if (!matched.has(one) && !all.some((each) => each !== one && each.name === one.name && matched.has(each)))
      return `queue ${one.name}: parent ${one.parent} not found`;
    if (!one.isShared) return `queue ${one.name}: no bandwidth was specified`;
  }
  return null;
};

/**
 * A root queue that a rule names and that has others under it; pfctl says so on standard output. Of those in between it only looks at what
 * was written, which has nothing under it (pfctl_leafqueue_check).
 */
export const leafComplaint = (
  all: readonly QueueDefinition[],
  named: readonly (string | null)[],
): string | null => {
  const hasChildren = (name: string | null): boolean =>
    name !== null &&
    all.some((one) => one.name === name && one.parent === null) &&
    all.some((one) => one.parent === name);
  const name = named.find(hasChildren);
  return name === undefined || name === null
    ? null
    : `queue ${name}: packets must be assigned to leaf queues only`;
};

/** `definitions` is asked at every packet: a load of the main rule set starts all counters anew. */
export const createQueues = (definitions: () => readonly QueueDefinition[]): Queues => {
  let seen: readonly QueueDefinition[] = [];
  let byNic = new Map<string, ReadonlyMap<string, Class>>();
  const classesOn = (nic: string): ReadonlyMap<string, Class> | undefined => {
    const all = definitions();
    if (all !== seen) {
      seen = all;
      byNic = new Map();
      for (const root of all.filter((one) => one.parent === null && one.interface !== null))
        byNic.set(
          root.interface ?? '',
          new Map(
            flatten(buildClass(root, root.interface ?? '', all, 0)).map((one) => [one.definition.name, one]),
          ),
        );
    }
    return byNic.get(nic);
  };
  return {
    get: (nic, queue) => {
      const one = classesOn(nic)?.get(queue);
      return { packets: one?.packets ?? 0, bytes: one?.bytes ?? 0 };
    },
    on: (nic) => [...(classesOn(nic)?.keys() ?? [])],
    take: (nic, queue, bytes) => {
      const classes = classesOn(nic);
      if (classes === undefined) return null;
      const named = queue === null ? undefined : classes.get(queue);
      // a queue that is not here or that has children: the interface's default one
      const one =
        named !== undefined && named.children.length === 0
          ? named
          : [...classes.values()].find((each) => each.definition.isDefault);
      if (one === undefined) return null;
      one.packets++;
      one.bytes += bytes;
      return one.definition.name;
    },
  };
};
