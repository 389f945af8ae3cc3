/** The machine as it has come up: interfaces in ifconfig's order, each configured as its hostname.if would have it. Nothing is said of it. */
import type { Dhcp } from './dhcp.ts';
import type { FarSide } from './far-side.ts';
import type { Interfaces } from './interfaces.ts';
import { LOOPBACK_ADDRESSES } from './interfaces.ts';
import type { Learned } from './learned.ts';
import type { Nic } from './nic.ts';
import { isPointToPoint, kindOf } from './nic.ts';
import type { Pppoe } from './pppoe.ts';
import type { NicDescription, RouterOptions } from './router-options.ts';
import type { UplinkDescription } from './uplink.ts';

export interface Boot {
  run(): void;
  /** hostname.pppoeN of an interface that has just been made: its parent and its addresses. */
  addSession(nic: Nic, isNow: boolean): void;
}

export const createBoot = (machine: {
  readonly options: RouterOptions;
  readonly interfaces: Interfaces;
  readonly far: FarSide;
  readonly dhcp: Dhcp;
  readonly pppoe: Pppoe;
  readonly learned: Learned;
}): Boot => {
  const { options, interfaces, far, dhcp, pppoe, learned } = machine;
  const extra = options.interfaces ?? [];

  const details = (name: string): NicDescription =>
    options.details?.find((one) => one.name === name) ?? { name };
  const merged = (name: string, own: readonly (string | undefined)[]): NicDescription => {
    const more = details(name);
    return {
      ...more,
      name,
      addresses: [...own.filter((text) => text !== undefined), ...(more.addresses ?? [])],
    };
  };

  const addSession: Boot['addSession'] = (nic, isNow) => {
    const description = options.uplinks.find((one) => one.interface === nic.name);
    const concentrator = description === undefined ? null : far.concentratorOf(description.name);
    if (description?.pppoe === undefined || concentrator === null) return;
    pppoe.add(nic, description.pppoe, concentrator, isNow);
  };

  /** By what its addresses come: nobody, DHCP, a session, the modem; and router advertisements beside each. */
  const addUplink = (description: UplinkDescription): void => {
    const { address, gateway, dhcp: lease, pppoe: session, umb, slaac } = description;
    const name = description.interface;
    const own6 = slaac === undefined ? description.address6 : undefined;
    const isOwn = lease === undefined && session === undefined && umb === undefined;
    const peer = isPointToPoint(kindOf(name)) ? { peer: gateway } : {};
    const nic = interfaces.add({
      ...peer,
      ...merged(name, [isOwn ? address : undefined, own6]),
      ...(lease === undefined ? {} : { isAutoconf: true }),
      ...(slaac === undefined ? {} : { isAutoconf6: true }),
      ...(umb === undefined ? {} : { hasCarrier: false }),
    });
    if (lease !== undefined && lease.isBoundAtStart !== false) dhcp.bind(nic);
    if (session !== undefined) {
      nic.isUp = session.isUpAtStart !== false;
      nic.hasBeenUp = nic.isUp;
      addSession(nic, nic.isUp);
    }
    if (umb !== undefined && umb.isConnectedAtStart !== false)
      learned.connectUmb(nic, address, gateway, umb.nameservers ?? []);
    if (slaac !== undefined && slaac.isHeardAtStart !== false)
      learned.advertise(
        nic,
        description.address6 ?? null,
        description.gateway6 ?? null,
        slaac.nameservers ?? [],
      );
  };

  const run = (): void => {
    const present = options.uplinks.filter((one) => one.isPresentAtStart !== false);
    const named = new Set([...extra.map((one) => one.name), ...present.map((one) => one.interface)]);
    // a parent without addresses comes before its session
    const parents = new Map(
      present.flatMap((one) =>
        one.pppoe === undefined || named.has(one.pppoe.parent)
          ? []
          : [[one.pppoe.parent, one.interface] as const],
      ),
    );
    const count = extra.length + 1 + parents.size + present.length;
    interfaces.add({ name: 'lo0', addresses: LOOPBACK_ADDRESSES }, count + 2);
    for (const description of extra) interfaces.add(description);
    const { lan } = options;
    interfaces.add(merged(lan.interface, [lan.address, lan.address6]));
    for (const description of present) {
      for (const [parent, child] of parents)
        if (child === description.interface) interfaces.add(details(parent));
      addUplink(description);
    }
    interfaces.add({ name: 'enc0' });
    interfaces.skipIndex();
    interfaces.addLoopbacks(options.loopbacks ?? []);
  };

  return { run, addSession };
};
