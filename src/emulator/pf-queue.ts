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

/** What pfctl dies of once the rules are read, or null (pfctl_check_qassignments, pfctl_load_queues). */
export const queueProblem = (all: readonly QueueDefinition[]): string | null => {
  const matched = new Set<QueueDefinition>();
  for (const root of all.filter((one) => one.parent === null)) {
    const classes = flatten(buildClass(root, root.interface ?? '', all, 0));
    for (const one of classes) matched.add(one.definition);
    for (const one of classes)
      if (one.definition.isDefault && one.children.length > 0)
        return `default queue ${one.definition.name} is not a leaf queue`;
    if (!root.hasBandwidth && classes.length > 1) return `root queue ${root.name} doesn't support hierarchy`;
    if (root.hasBandwidth && !classes.some((one) => one.definition.isDefault))
      return 'no default queue specified';
  }
  const lost = all.find((one) => one.parent !== null && !matched.has(one));
  return lost === undefined ? null : `queue ${lost.name}: parent ${lost.parent} not found`;
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
