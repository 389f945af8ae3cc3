/**
 * An emulated machine that is well, to be broken in one way, and a hand that does what a cure says and nothing else: commands run
 * on the emulator, lines are written into its files. What is not of the emulator's (rights, rcctl) is kept here.
 */

import { check } from '../../src/doctor/check.ts';
import { type Cure, type Finding, renderCure } from '../../src/doctor/finding.ts';
import { gather } from '../../src/doctor/gather.ts';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { createInProcessCommands } from '../../src/emulator/commands.ts';
import { createRouter, type Router } from '../../src/emulator/router.ts';
import type { Commands, RunResult } from '../../src/port/commands.ts';
import type { FileFact, Files } from '../../src/port/files.ts';

export const CONFIG = '/etc/uplinkd.conf';
export const PF = '/etc/pf.conf';
const STATE = '/var/db/uplinkd';
const SOCKET = '/var/run/uplinkd.sock';

export const goodConfig = `[probe]
targets = ["gateway", "9.9.9.9"]
[link.fibre]
interface = "em1"
gateway = "192.0.2.1"
[link.dsl]
interface = "em2"
gateway = "198.51.100.1"
`;

export const goodPf = `lan = "em0"
table <uplinkd_local> persist { self 10.0.0.0/8 }
set skip on lo
block return
pass in on $lan from $lan:network to <uplinkd_local>
pass out on $lan
block return in quick on $lan proto tcp to ! <uplinkd_local> port smtp
match in on $lan inet from $lan:network to ! <uplinkd_local> tag uplink_default
anchor "uplinkd"
load anchor "uplinkd" from "/var/db/uplinkd/anchor.conf"
pass out on em1 from (em1)
pass out on em2 from (em2)
`;

type Rights = Pick<FileFact, 'kind' | 'mode' | 'uid' | 'gid'>;

export interface Patient {
  readonly router: Router;
  /** By path; what is not named has the rights of a file that is as it should be. */
  readonly rights: Map<string, Rights>;
  /** By path; what is not named is UTF-8. */
  readonly encodings: Map<string, BufferEncoding>;
  write(path: string, text: string): void;
  edit(path: string, change: (text: string) => string): void;
  run(command: string): Promise<RunResult>;
  examine(): Promise<readonly Finding[]>;
  /** Does what it says. Throws if that cannot be done. */
  obey(cure: Cure): Promise<void>;
}

const plainFile: Rights = { kind: 'file', mode: 0o600, uid: 0, gid: 0 };

export const createPatient = async (): Promise<Patient> => {
  const clock = createVirtualClock();
  const router = createRouter({
    clock,
    seed: 1,
    lan: { interface: 'em0', address: '10.0.0.1/24' },
    uplinks: [
      { name: 'fibre', interface: 'em1', address: '192.0.2.2/24', gateway: '192.0.2.1' },
      { name: 'dsl', interface: 'em2', address: '198.51.100.2/24', gateway: '198.51.100.1' },
    ],
    files: new Map([
      [CONFIG, goodConfig],
      [PF, goodPf],
      ['/etc/sysctl.conf', 'net.inet.ip.forwarding=1\n'],
      ['/etc/rc.conf.local', 'pkg_scripts=uplinkd\n'],
      [`${STATE}/anchor.conf`, ''],
    ]),
  });
  const rights = new Map<string, Rights>([
    [STATE, { kind: 'directory', mode: 0o750, uid: 0, gid: 0 }],
    [SOCKET, { kind: 'socket', mode: 0o660, uid: 0, gid: 0 }],
  ]);
  const encodings = new Map<string, BufferEncoding>();
  const inProcess = createInProcessCommands(router);
  /** Lets virtual time pass until it is done. */
  const settle = async <T>(promise: Promise<T>): Promise<T> => {
    let done: { readonly value: T } | null = null;
    void promise.then((value) => {
      done = { value };
    });
    for (let turn = 0; turn < 20_000; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      const settled = done as { readonly value: T } | null;
      if (settled !== null) return settled.value;
      if (clock.next() !== null) clock.step();
    }
    throw new Error('it never ends');
  };
  const commands: Commands = inProcess;
  const files: Files = {
    look: (path) => {
      const text = router.files.get(path);
      const its = rights.get(path);
      if (text === undefined && its === undefined) return null;
      return {
        ...(its ?? plainFile),
        bytes: text === undefined ? null : Buffer.from(text, encodings.get(path) ?? 'utf8'),
      };
    },
  };
  const write = (path: string, text: string): void => {
    router.files.set(path, text);
  };
  const edit: Patient['edit'] = (path, change) => {
    const before = router.files.get(path);
    if (before === undefined) throw new Error(`${path}: no such file`);
    const after = change(before);
    if (after === before) throw new Error(`${path}: nothing changed`);
    write(path, after);
  };
  const run: Patient['run'] = (command) => {
    const [name = '', ...args] = command.split(' ');
    return settle(commands.run(name as 'pfctl', args, { timeoutMs: 10_000 }));
  };

  /** Programs that the emulator does not have, as far as cures use them. */
  const runElse = (name: string, args: readonly string[]): void => {
    const last = args.at(-1) ?? '';
    const its = rights.get(last) ?? (router.files.has(last) ? plainFile : undefined);
    switch (name) {
      case 'chmod':
        if (its === undefined) throw new Error(`chmod: ${last}: No such file or directory`);
        rights.set(last, { ...its, mode: Number.parseInt(args[0] ?? '', 8) });
        return;
      case 'chown':
        if (its === undefined) throw new Error(`chown: ${last}: No such file or directory`);
        rights.set(last, { ...its, uid: 0 });
        return;
      case 'rm':
        if (its === undefined) throw new Error(`rm: ${last}: No such file or directory`);
        rights.delete(last);
        router.files.delete(last);
        return;
      case 'install': {
        const mode = Number.parseInt(args[args.indexOf('-m') + 1] ?? '', 8);
        const isDirectory = args.includes('-d');
        if (!isDirectory && !rights.has(last.replace(/\/[^/]*$/, '')))
          throw new Error(`install: ${last}: no directory`);
        rights.set(last, { kind: isDirectory ? 'directory' : 'file', mode, uid: 0, gid: 0 });
        if (!isDirectory) write(last, '');
        return;
      }
      case 'rcctl': {
        const [verb, service = ''] = args;
        const path = '/etc/rc.conf.local';
        if (verb === 'start') rights.set(SOCKET, { kind: 'socket', mode: 0o660, uid: 0, gid: 0 });
        else if (verb === 'enable' && service === 'pf') edit(path, (text) => text.replace(/^pf=NO\n/m, ''));
        else if (verb === 'enable') write(path, `${router.files.get(path) ?? ''}pkg_scripts=${service}\n`);
        return;
      }
      case 'sh': {
        // netstart(8), as far as it is needed: a routing domain and an address.
        for (const line of (router.files.get(`/etc/hostname.${last}`) ?? '').split('\n')) {
          const [word, value = ''] = line.split(' ');
          if (word === 'rdomain') router.setRdomain(last, Number(value));
          if (word === 'inet') router.setAddress(last, value);
        }
        return;
      }
      case 'uplinkctl':
        return;
      default:
        throw new Error(`${name}: not found`);
    }
  };

  const obey: Patient['obey'] = async (cure) => {
    // The words must say it all.
    const words = renderCure(cure);
    const lineIn = (text: string, line: string): number => {
      const at = text.split('\n').indexOf(line);
      if (at === -1) throw new Error(`no such line: ${line}`);
      return at;
    };
    const splice = (
      path: string,
      at: (text: string) => number,
      remove: number,
      ...lines: readonly string[]
    ): void =>
      edit(path, (text) => {
        const all = text.split('\n');
        all.splice(at(text), remove, ...lines);
        return all.join('\n');
      });
    const must = (...parts: readonly string[]): void => {
      for (const part of parts)
        if (!words.includes(part.trim())) throw new Error(`not said: ${part} in ${words}`);
    };
    switch (cure.kind) {
      case 'run': {
        must(`# ${cure.command}`);
        const [name = '', ...args] = cure.command.split(' ');
        if (!['pfctl', 'ifconfig', 'route', 'sysctl'].includes(name)) return runElse(name, args);
        const result = await run(cure.command);
        if (result.kind !== 'exited' || result.code !== 0)
          throw new Error(`${cure.command}: ${JSON.stringify(result)}`);
        return;
      }
      case 'add': {
        const { file, line, place } = cure;
        must(file, line, ...('line' in place ? [place.line] : []));
        if (!router.files.has(file)) write(file, '');
        if (place.kind === 'end') return edit(file, (text) => `${text}${line}\n`);
        const at = (text: string): number => {
          if (place.kind === 'start') return 0;
          return lineIn(text, place.line) + (place.kind === 'after' ? 1 : 0);
        };
        return splice(file, at, 0, line);
      }
      case 'remove':
        must(cure.file, cure.line);
        return splice(cure.file, (text) => lineIn(text, cure.line), 1);
      case 'replace':
        must(cure.file, cure.line, cure.by);
        return splice(cure.file, (text) => lineIn(text, cure.line), 1, cure.by);
    }
  };

  const loaded = await run('pfctl -f /etc/pf.conf');
  if (loaded.kind !== 'exited' || loaded.code !== 0) throw new Error(JSON.stringify(loaded));
  return {
    router,
    rights,
    encodings,
    write,
    edit,
    run,
    obey,
    examine: async () =>
      check(await settle(gather({ commands, files }, { config: CONFIG, state: STATE, socket: SOCKET }))),
  };
};
