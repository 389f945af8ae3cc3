/** Collects the facts: commands that only show, and files. What it does not get is left out; what follows is check.ts's. */
import { type ParsedConfig, parseConfigFile, renderConfigError } from '../config/parse.ts';
import { parseAddress } from '../core/address.ts';
import type { LinkSettings, Settings } from '../core/model.ts';
import type { CommandName, Commands } from '../port/commands.ts';
import { type FileFact, type Files, textOf } from '../port/files.ts';
import { parseIfconfig } from '../text/ifconfig.ts';
import { parseInterfaceDetails } from '../text/interface-details.ts';
import { parseMainRule, parsePfConf, parseQueues } from '../text/pf-main.ts';
import { parsePfctlFailure } from '../text/pfctl.ts';
import { parsePingError, parsePingLine } from '../text/ping.ts';
import { parseRouteShow } from '../text/route.ts';
import { programsOf } from './check-program.ts';
import {
  DHCPLEASED_CONF,
  localTable,
  type Machine,
  MYGATE,
  type NamedInterface,
  PF_CONF,
  type PingFact,
  RC_CONF_LOCAL,
  SYSCTL_CONF,
} from './machine.ts';

export interface Looks {
  readonly commands: Commands;
  readonly files: Files;
}

const TIMEOUT_MS = 5000;

const SYSCTLS = [
  'net.inet.ip.forwarding',
  'net.inet6.ip6.forwarding',
  'net.inet.ip.multipath',
  'net.inet6.ip6.multipath',
];

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const ask = async (
  commands: Commands,
  command: CommandName,
  ...args: readonly string[]
): Promise<Said | { readonly why: string }> => {
  const result = await commands.run(command, args, { timeoutMs: TIMEOUT_MS });
  if (result.kind === 'exited') return result;
  return { why: result.kind === 'not-started' ? result.why : `${command}: ${result.kind}` };
};

const outOf = (said: Said | { readonly why: string }): string | null =>
  'why' in said || said.code !== 0 ? null : said.stdout;

const gatherInterfaces = async (commands: Commands): Promise<readonly NamedInterface[] | null> => {
  const text = outOf(await ask(commands, 'ifconfig'));
  if (text === null) return null;
  const details = parseInterfaceDetails(text);
  // A first configuration has a table for each, so each is there once, whatever is said.
  const byName = new Map(parseIfconfig(text).interfaces.map((each) => [each.name, each]));
  return [...byName.values()].map((each) => {
    const more = details.find(({ name }) => name === each.name);
    return { ...each, flags: more?.flags ?? [], groups: more?.groups ?? [], carp: more?.carp ?? null };
  });
};

const gatherPf = async ({ commands, files }: Looks, settings: Settings | null): Promise<Machine['pf']> => {
  const info = await ask(commands, 'pfctl', '-si');
  const failure = 'why' in info ? info.why : (parsePfctlFailure(info.code, info.stderr)?.text ?? null);
  const status = /^Status: (Enabled|Disabled)\b/m.exec(outOf(info) ?? '')?.[1];
  const rules = outOf(await ask(commands, 'pfctl', '-sr'));
  const queues = outOf(await ask(commands, 'pfctl', '-s', 'queue'));
  const source = textOf(files.look(PF_CONF));
  const table =
    settings === null ? null : await ask(commands, 'pfctl', '-t', localTable(settings), '-T', 'show');
  return {
    enabled: status === undefined ? null : status === 'Enabled',
    refusal: failure,
    // Rules within inline anchors are indented; they are called where they stand.
    rules:
      rules === null
        ? null
        : rules
            .split('\n')
            .filter((line) => /^\S/.test(line) && line !== '}')
            .map(parseMainRule),
    queues: queues === null ? null : parseQueues(queues),
    source: source === null ? null : parsePfConf(source),
    hasLocalTable: table === null || 'why' in table || failure !== null ? null : table.code === 0,
  };
};

/** One ping of the gateway, which is on the link itself: no route has a say in it. */
const pingGateway = async (
  commands: Commands,
  link: LinkSettings,
  rdomain: number,
): Promise<PingFact | null> => {
  const gateway = parseAddress(link.gateway ?? '');
  if (gateway === null) return null;
  const table = rdomain === 0 ? [] : ['-V', String(rdomain)];
  const said = await ask(commands, 'ping', '-n', ...table, '-c', '1', '-w', '1', gateway.address);
  const fact = { link: link.name, address: gateway.address };
  if ('why' in said) return { ...fact, outcome: 'failed' };
  const errors = said.stderr.split('\n').map(parsePingError);
  // EACCES is what pf answers a sender whom it blocks (OPENBSD.md, section 1).
  if (errors.some((error) => error.kind === 'send-failed' && error.error === 'Permission denied'))
    return { ...fact, outcome: 'blocked' };
  const hasAnswer = said.stdout.split('\n').some((line) => parsePingLine(line).kind === 'answer');
  if (hasAnswer) return { ...fact, outcome: 'answered' };
  return {
    ...fact,
    outcome: errors.some(({ kind }) => kind === 'send-failed' || kind === 'fatal') ? 'failed' : 'silent',
  };
};

const gatherPings = async (
  commands: Commands,
  settings: Settings | null,
  interfaces: readonly NamedInterface[] | null,
): Promise<readonly PingFact[]> => {
  const pings = (settings?.links ?? []).map((link) => {
    const found = interfaces?.find(({ name }) => name === link.interface);
    return found === undefined ? null : pingGateway(commands, link, found.rdomain);
  });
  return (await Promise.all(pings)).filter((ping) => ping !== null);
};

const readConfig = (
  file: FileFact | null,
  path: string,
): ParsedConfig | { readonly kind: 'unreadable'; readonly text: string } => {
  if (file === null) return { kind: 'unreadable', text: `${path}: there is no such file` };
  if (file.bytes === null) return { kind: 'unreadable', text: `${path}: it cannot be read` };
  return parseConfigFile(file.bytes, path);
};

/** Never rejects. */
export const gather = async (looks: Looks, paths: Machine['paths']): Promise<Machine> => {
  const { commands, files } = looks;
  const parsed = readConfig(files.look(paths.config), paths.config);
  const settings = parsed.kind === 'ok' ? parsed.settings : null;
  const configErrors =
    parsed.kind === 'unreadable'
      ? [parsed.text]
      : parsed.kind === 'refused'
        ? parsed.errors.map(renderConfigError)
        : [];
  const interfaces = await gatherInterfaces(commands);
  const sysctls = outOf(await ask(commands, 'sysctl', ...SYSCTLS)) ?? '';
  const routes = outOf(await ask(commands, 'route', '-n', 'show'));
  const watched = [
    paths.config,
    paths.state,
    `${paths.state}/anchor.conf`,
    paths.socket,
    PF_CONF,
    SYSCTL_CONF,
    MYGATE,
    DHCPLEASED_CONF,
    RC_CONF_LOCAL,
    ...(interfaces ?? []).map(({ name }) => `/etc/hostname.${name}`),
    ...programsOf(settings).keys(),
  ];
  return {
    paths,
    settings,
    configErrors,
    pf: await gatherPf(looks, settings),
    interfaces,
    sysctls: new Map(
      sysctls.split('\n').flatMap((line): readonly [string, string][] => {
        const [, name, value] = /^([a-z0-9.]+)=(.*)$/.exec(line) ?? [];
        return name === undefined || value === undefined ? [] : [[name, value]];
      }),
    ),
    routes: routes === null ? null : parseRouteShow(routes).entries,
    pings: await gatherPings(commands, settings, interfaces),
    files: new Map(watched.map((path) => [path, files.look(path)])),
  };
};
