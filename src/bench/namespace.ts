/**
 * Two network namespaces with a wire between them: near is where probes are sent, far holds the gateway and the targets.
 * Linux's ip(8), as root. Their names carry our process id: what we make is removed when we leave, whatever the way, and
 * what a bench that was killed has left behind is removed by the next one.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

const DIRECTORY = '/run/netns';
const NAME = /^uplinkd-bench-(\d+)-/;

export interface Wire {
  readonly near: string;
  readonly far: string;
}

/** Addresses of the far side; the first is the gateway. */
export interface FarAddresses {
  readonly near: string;
  readonly gateway: string;
  readonly targets: readonly string[];
}

/** The file that nsenter(1) enters by. */
export const pathOf = (namespace: string): string => `${DIRECTORY}/${namespace}`;

const ip = (...args: readonly string[]): void => {
  const { status, stderr, error } = spawnSync('ip', args, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr.trim()}`);
};

/** Why there can be no namespaces here, or null. */
export const whyNoNamespaces = (): string | null => {
  if (process.platform !== 'linux') return 'network namespaces are a thing of Linux';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const missing = ['ip', 'nsenter', 'ping'].find((name) => findProgram(name) === null);
  return missing === undefined ? null : `${missing} is not installed (iproute2, util-linux, iputils-ping)`;
};

export const findProgram = (name: string): string | null =>
  ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']
    .map((directory) => `${directory}/${name}`)
    .find((path) => existsSync(path)) ?? null;

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

const ours = new Set<string>();

const remove = (namespace: string): void => {
  ours.delete(namespace);
  spawnSync('ip', ['netns', 'del', namespace]);
};

const removeAll = (): void => {
  for (const namespace of ours) remove(namespace);
};

const removeLeftOvers = (): void => {
  for (const name of existsSync(DIRECTORY) ? readdirSync(DIRECTORY) : []) {
    const pid = NAME.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) remove(name);
  }
};

let isPrepared = false;

/** Before the first namespace: signals must end us in a way that removes them. */
const prepare = (): void => {
  if (isPrepared) return;
  isPrepared = true;
  removeLeftOvers();
  process.once('exit', removeAll);
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
};

const create = (namespace: string): void => {
  ours.add(namespace);
  ip('netns', 'add', namespace);
  ip('-n', namespace, 'link', 'set', 'lo', 'up');
};

/** One namespace that holds these addresses itself. */
export const createIsland = (name: string, addresses: readonly string[]): string => {
  prepare();
  const namespace = `uplinkd-bench-${process.pid}-${name}`;
  create(namespace);
  for (const address of addresses) ip('-n', namespace, 'address', 'add', `${address}/32`, 'dev', 'lo');
  return namespace;
};

export const createWire = (name: string, addresses: FarAddresses): Wire => {
  prepare();
  const near = `uplinkd-bench-${process.pid}-${name}-near`;
  const far = `uplinkd-bench-${process.pid}-${name}-far`;
  create(near);
  create(far);
  ip('-n', near, 'link', 'add', 'wire', 'type', 'veth', 'peer', 'name', 'wire', 'netns', far);
  ip('-n', near, 'address', 'add', `${addresses.near}/24`, 'dev', 'wire');
  ip('-n', far, 'address', 'add', `${addresses.gateway}/24`, 'dev', 'wire');
  for (const target of addresses.targets) ip('-n', far, 'address', 'add', `${target}/32`, 'dev', 'lo');
  ip('-n', near, 'link', 'set', 'wire', 'up');
  ip('-n', far, 'link', 'set', 'wire', 'up');
  ip('-n', near, 'route', 'add', 'default', 'via', addresses.gateway);
  return { near, far };
};

export const removeWire = ({ near, far }: Wire): void => {
  remove(near);
  remove(far);
};
