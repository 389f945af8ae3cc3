/** ifconfig(8), showing: all interfaces, one, a group (transcripts ifconfig-*). What it can change is in ifconfig-change.ts. */
import { changeGroup, changeInterface } from './ifconfig-change.ts';
import type { Nic, NicAddress } from './nic.ts';
import { broadcastOf, driverOf, renderFlags, statusOf } from './nic.ts';
import { renderSession } from './pppoe.ts';
import type { Program } from './program.ts';
import type { Router } from './router.ts';

const mediaOf = (nic: Nic): string | null => {
  if (nic.kind !== 'ethernet' || driverOf(nic.name) === 'carp') return null;
  if (driverOf(nic.name) !== 'em') return 'Ethernet autoselect';
  return `Ethernet autoselect (${nic.hasCarrier ? '1000baseT full-duplex' : 'none'})`;
};

const hexMask = (length: number): string => {
  const mask = length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
  return `0x${mask.toString(16).padStart(8, '0')}`;
};

/** An address does not change while an interface has it. */
const rendered = new WeakMap<NicAddress, { readonly nic: Nic; readonly text: string }>();

const renderAddress = (nic: Nic, one: NicAddress): string => {
  const known = rendered.get(one);
  if (known?.nic === nic) return known.text;
  const text = addressLine(nic, one);
  rendered.set(one, { nic, text });
  return text;
};

const addressLine = (nic: Nic, one: NicAddress): string => {
  if (one.address.family === 'inet6') {
    const scope = one.address.scope === null ? '' : ` scopeid 0x${nic.index.toString(16)}`;
    const autoconf = one.isAutoconf === true ? ' autoconf pltime 604800 vltime 2592000' : '';
    return `\tinet6 ${one.address.text} prefixlen ${one.length}${scope}${autoconf}\n`;
  }
  const peer = one.peer === null ? '' : ` --> ${one.peer}`;
  const broadcast = nic.kind === 'ethernet' || nic.kind === 'wg' ? broadcastOf(one) : null;
  return `\tinet ${one.address.text}${peer} netmask ${hexMask(one.length)}${broadcast === null ? '' : ` broadcast ${broadcast}`}\n`;
};

/** What only interfaces of this kind have (transcripts ifconfig-wg0, -gif0, -pppoe0-*; umb_status() in ifconfig.c). */
const kindLines = (router: Router, nic: Nic): readonly string[] => {
  switch (nic.kind) {
    case 'pppoe':
      return renderSession(router.pppoe.get(nic.name), router.clock.now());
    case 'wg':
      return ['\twgport 3496\n', '\twgpubkey DK2NHkS3CVNeN7SiK9go2FJl4sk8SokUjIt5TYQeikw=\n'];
    case 'gif':
      return ['\tencap: txprio payload rxprio payload\n'];
    case 'gre':
      return ['\tencap: vnetid none txprio payload rxprio packet\n'];
    case 'umb': {
      const state = nic.hasCarrier ? 'up' : 'attached';
      return [
        '\troaming disabled registration home network\n',
        `\tstate ${state} cell-class LTE rssi -73dBm speed 50.0Mbps up 100Mbps down\n`,
        '\tSIM initialized PIN valid (3 attempts left)\n',
        '\tAPN internet\n',
      ];
    }
    case 'ethernet': {
      if (nic.parent !== null && driverOf(nic.name) === 'vlan')
        return [
          `\tencap: vnetid ${nic.name.slice('vlan'.length)} parent ${nic.parent} txprio packet rxprio outer\n`,
        ];
      if (nic.parent !== null && driverOf(nic.name) === 'pair') return [`\tpatch: ${nic.parent}\n`];
      if (driverOf(nic.name) !== 'carp') return [];
      // Which of the two routers it is stands in its link state (ifconfig-carp1).
      const role = nic.hasCarrier ? 'MASTER' : 'BACKUP';
      return [
        `\tcarp: ${role} carpdev ${router.lanInterface} vhid ${nic.name.slice('carp'.length)} advbase 1 advskew 0\n`,
      ];
    }
    case 'loopback':
    case 'enc':
    case 'tun':
    case 'ppp':
      return [];
  }
};

/** Most of an interface's text stays what it was from one reading to the next; only a session tells its time. */
const texts = new WeakMap<Nic, { readonly of: readonly unknown[]; readonly text: string }>();

const render = (router: Router, nic: Nic): string => {
  if (nic.kind === 'pppoe') return renderAll(router, nic);
  const of = [...Object.values(nic), router.groupsOf(nic)];
  const known = texts.get(nic);
  if (known?.of.every((value, at) => value === of[at])) return known.text;
  const text = renderAll(router, nic);
  texts.set(nic, { of, text });
  return text;
};

const renderAll = (router: Router, nic: Nic): string => {
  const rdomain = nic.rdomain === 0 ? '' : ` rdomain ${nic.rdomain}`;
  const mtu = nic.kind === 'enc' ? '' : `${rdomain} mtu ${nic.mtu}`;
  const lines = [`${nic.name}: ${renderFlags(nic)}${mtu}\n`];
  if (nic.lladdr !== null) lines.push(`\tlladdr ${nic.lladdr}\n`);
  if (nic.description !== null) lines.push(`\tdescription: ${nic.description}\n`);
  lines.push(`\tindex ${nic.index} priority ${nic.priority} llprio 3\n`);
  lines.push(...kindLines(router, nic));
  const groups = router.groupsOf(nic);
  if (groups.length > 0) lines.push(`\tgroups: ${groups.join(' ')}\n`);
  if (nic.tunnel !== null) lines.push(`\ttunnel: inet ${nic.tunnel} ttl 64 nodf ecn\n`);
  const media = mediaOf(nic);
  if (media !== null) lines.push(`\tmedia: ${media}\n`);
  const status = statusOf(nic);
  if (status !== null) lines.push(`\tstatus: ${status}\n`);
  for (const one of nic.addresses) lines.push(renderAddress(nic, one));
  return lines.join('');
};

/** Interfaces that a command makes, by driver (transcript ifconfig-C). */
const CLONERS =
  'aggr bpe bridge carp egre enc eoip erspan etherip gif gre lo mgre mpe mpip mpw nvgre pair pflog pflow pfsync ppp pppoe rport sec svlan tap tpmr trunk tun veb vether vlan vport vxlan wg';

export const ifconfig: Program = ({ router, args, out, err, exit }) => {
  if (args[0] === '-C') {
    out(`${CLONERS}\n`);
    return exit(0);
  }
  if (args[0] === '-g') {
    const said = changeGroup(router, args[1] ?? '', args.slice(2));
    out(said.out);
    err(said.err);
    return exit(said.err === '' ? 0 : 1);
  }
  const [name, ...rest] = args[0] === '-A' || args[0] === '-a' ? args.slice(1) : args;
  if (name !== undefined && rest.length > 0) {
    const complaint = changeInterface(router, name, rest);
    err(complaint);
    return exit(complaint === '' ? 0 : 1);
  }
  const shown = router
    .nics()
    .filter((nic) => name === undefined || nic.name === name || router.groupsOf(nic).includes(name));
  if (shown.length === 0) {
    err(`${name}: no such interface\n`);
    return exit(1);
  }
  out(shown.map((nic) => render(router, nic)).join(''));
  exit(0);
};
