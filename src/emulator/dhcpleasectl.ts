/** dhcpleasectl(8): shows a lease, or asks for one and waits (usr.sbin/dhcpleasectl/dhcpleasectl.c, transcripts dhcpleasectl-*). */
import { maskOf, renderValue } from './address.ts';
import type { LeaseInterface } from './dhcp-lease.ts';
import type { Program } from './program.ts';
import { parseOptions } from './program.ts';

const SOCKET = '/dev/dhcpleased.sock';

const plural = (count: number, unit: string): string => `${count} ${unit}${count > 1 ? 's' : ''}`;

/** Rounded to the largest unit of which there is more than one whole. */
const renderLease = (seconds: number): string => {
  const round = (unit: number): number => Math.floor(seconds / unit) + (seconds % unit > unit / 2 ? 1 : 0);
  if (seconds > 86_400) return plural(round(86_400), 'day');
  if (seconds > 3600) return plural(round(3600), 'hour');
  if (seconds > 60) return plural(round(60), 'minute');
  return plural(seconds, 'second');
};

const render = (one: LeaseInterface, now: number): string => {
  let text = `${one.name} [${one.state}]\n`;
  if (one.address !== null) {
    text += `\tinet ${one.address.text} netmask ${renderValue('inet', maskOf('inet', one.length))}\n`;
    if (one.gateway !== null) text += `\tdefault gateway ${one.gateway}\n`;
    if (one.nameservers.length > 0) text += `\tnameservers ${one.nameservers.join(' ')}\n`;
    const left = one.leaseSeconds - Math.floor((now - one.requestedAt) / 1000);
    text += `\tlease ${renderLease(Math.max(0, left))}\n`;
  }
  return one.server === null ? text : `${text}\tdhcp server ${one.server}\n`;
};

export const dhcpleasectl: Program = (invocation) => {
  const { router, args, out, err, exit } = invocation;
  const { clock, dhcp } = router;
  const usage = (problem: string | null): void => {
    if (problem !== null) err(`dhcpleasectl: ${problem}\n`);
    err('usage: dhcpleasectl [-l] [-s socket] [-w maxwait] interface\n');
    exit(1);
  };
  const fail = (message: string): void => {
    err(`dhcpleasectl: ${message}\n`);
    exit(1);
  };
  const options = parseOptions(args, 'ls:w:');
  if (options.problem !== null) return usage(options.problem);
  const given = new Map(options.given.map(({ letter, value }) => [letter, value]));
  const isListing = given.has('l');
  const wait = given.get('w') ?? null;
  if (wait !== null && !/^[1-9][0-9]*$/.test(wait))
    return fail(`maxwait value is ${/^[0-9-]+$/.test(wait) ? 'too small' : 'invalid'}: ${wait}`);
  const [name, more] = options.rest;
  if (name === undefined || more !== undefined) return usage(null);
  const nic = router.nic(name);
  if (nic === null) return fail('unknown interface');
  if (!isListing) {
    if (!invocation.isRoot && !(nic.isUp && nic.isAutoconf)) return fail('need root privileges');
    router.setAutoconf(name, true);
  }
  const path = given.get('s') ?? SOCKET;
  if (path !== SOCKET) return fail(`connect: ${path}: No such file or directory`);
  if (!invocation.isRoot || !router.mayAskDhcpleased) return fail(`connect: ${path}: Permission denied`);
  if (!dhcp.isRunning) return fail(`connect: ${path}: Connection refused`);
  if (!isListing) dhcp.request(nic.index);

  let left = wait === null ? (isListing ? 0 : 10) : Number(wait);
  let isDotted = false;
  const ask = (): void => {
    const one = dhcp.get(nic.index);
    if (one === null) {
      if (isListing) fail(`non-autoconf interface ${name}`);
      else if (--left < 0) exit(0);
      else invocation.onEnd(clock.after(1, ask));
    } else if (one.state === 'Bound' || --left < 0) {
      out(`${isDotted ? '\n' : ''}${render(one, clock.now())}`);
      exit(0);
    } else {
      isDotted = true;
      out('.');
      invocation.onEnd(clock.after(1000, ask));
    }
  };
  ask();
};
