/** Makes what a story says happen to the emulated machine. What happens to the daemon itself is play.ts's. */
import type { Router } from '../emulator/router.ts';
import type { Happening, StoryUplink, World } from './story.ts';

/** The link-local address that the kernel gives an inet6 interface. */
export const linkLocalOf = (world: World, uplink: StoryUplink): string =>
  `fe80::5054:ff:fe00:${(world.uplinks.indexOf(uplink) + 1).toString(16)}/64`;

const attach = (router: Router, world: World, name: string): void => {
  if (router.nic(name) !== null) return;
  const uplink = world.uplinks.find((each) => each.interface === name);
  if (uplink === undefined) return;
  router.attach(name);
  // hostname.if has `inet autoconf`, or what a session is made of.
  if (uplink.learnt?.kind === 'dhcp') router.setAutoconf(name, true);
  router.setInterfaceUp(name, true);
  if (uplink.learnt === null) router.addAddress(name, uplink.address);
  if (uplink.address6 === null) return;
  router.addAddress(name, linkLocalOf(world, uplink));
  router.addAddress(name, uplink.address6);
};

/** What a child may print that no line of its own begins or ends. */
const torn = (command: string): string =>
  command === 'route' ? 'RTM_IFINFO: iface status change: len 20' : '64 bytes from 9.9.';

const toChildren = (router: Router, happening: Happening & { kind: 'child' }): void => {
  const { command, match, what } = happening;
  for (const running of router.faults.running(command, new RegExp(match))) {
    switch (what) {
      case 'kill':
        running.kill('SIGKILL');
        break;
      case 'mute':
        running.mute();
        break;
      case 'cut':
        running.inject(torn(command));
        break;
      case 'junk':
        running.inject('\u0000\ufffd no such line: \u001b[31m\n');
        break;
    }
  }
};

/** What the other end of an uplink does of which address and gateway are learnt. */
const atOtherEnd = (
  router: Router,
  world: World,
  happening: Happening & { kind: 'offer' | 'ask' | 'expire' | 'far-silent' },
): void => {
  const { uplink } = happening;
  const kind = world.uplinks.find(({ name }) => name === uplink)?.learnt?.kind;
  if (kind === undefined) return;
  switch (happening.kind) {
    case 'offer': {
      const { address, gateway, isAskedFor } = happening;
      if (kind === 'pppoe')
        router.pppoeRenegotiate(uplink, { address: address.replace(/\/.*/, ''), peer: gateway });
      else if (isAskedFor) router.dhcpRenumber(uplink, { address, gateway });
      else router.setDhcpOffer(uplink, { address, gateway });
      break;
    }
    case 'ask':
      if (kind === 'dhcp') router.dhcpRenew(uplink);
      else router.pppoeTerminate(uplink);
      break;
    case 'expire':
      if (kind === 'dhcp') router.dhcpExpire(uplink);
      break;
    case 'far-silent':
      if (kind === 'dhcp') router.setDhcpSilent(uplink, happening.isSo);
      else router.setPppoeSilent(uplink, happening.isSo);
      break;
  }
};

/** A story that was shrunk may speak of what is not there any more: then nothing happens. */
export const perform = (router: Router, world: World, happening: Happening): void => {
  switch (happening.kind) {
    case 'carrier':
      if (router.nic(happening.interface) !== null) router.setCarrier(happening.interface, happening.isThere);
      break;
    case 'ifconfig':
      if (router.nic(happening.interface) !== null)
        router.setInterfaceUp(happening.interface, happening.isUp);
      break;
    case 'detach':
      if (router.nic(happening.interface) !== null) router.detach(happening.interface);
      break;
    case 'attach':
      attach(router, world, happening.interface);
      break;
    case 'dark':
      if (router.uplinks.has(happening.uplink)) router.setDark(happening.uplink, happening.isSo);
      break;
    case 'dark-family':
      if (router.uplinks.has(happening.uplink)) router.setDarkFamily(happening.uplink, happening.family);
      break;
    case 'gateway-dead':
      if (router.uplinks.has(happening.uplink)) router.setGatewayDead(happening.uplink, happening.isSo);
      break;
    case 'loss':
      if (router.uplinks.has(happening.uplink)) router.setLoss(happening.uplink, happening.percent / 100);
      break;
    case 'latency':
      if (router.uplinks.has(happening.uplink)) router.setLatency(happening.uplink, happening.ms);
      break;
    case 'blackhole':
      if (router.uplinks.has(happening.uplink))
        router.setBlackhole(happening.uplink, happening.target, happening.isSilent);
      break;
    case 'renumber':
      if (router.nic(happening.interface) !== null) router.setAddress(happening.interface, happening.address);
      break;
    case 'offer':
    case 'ask':
    case 'expire':
    case 'far-silent':
      atOtherEnd(router, world, happening);
      break;
    case 'dhcpleased':
      router.setDhcpleasedRunning(happening.isRunning);
      break;
    case 'fault': {
      const { command, match, times, fault } = happening;
      router.faults.add({ command, match: new RegExp(match), times, fault });
      break;
    }
    case 'child':
      toChildren(router, happening);
      break;
    case 'overflow':
      router.setOverflowing(happening.isFull);
      break;
    case 'stall':
      router.userland.stall();
      break;
    case 'go-on':
      router.userland.goOn();
      break;
    case 'admin':
    case 'by-hand':
    case 'terminate':
    case 'reload':
    case 'kill':
    case 'start':
    case 'pause':
    case 'resume':
    case 'wall':
    case 'rest':
    case 'restart':
      break;
  }
};
