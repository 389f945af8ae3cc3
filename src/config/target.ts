/**
 * Values that are probe targets: what is pinged, and what is asked in another way. The words are read back by print.ts, which
 * has them from core/target-name.ts.
 */
import { parseAddress } from '../core/address.ts';
import type { Target } from '../core/model.ts';
import { refusedScope, unusable } from './address.ts';
import { suggest } from './suggest.ts';
import { type Refused, refused, text, wanted } from './value.ts';

const TARGET = '"gateway", an IPv4 or IPv6 address, or a "tcp:", "dns:" or "exec:" target';
const TCP = 'an address and a port such as "tcp:9.9.9.9:443" or "tcp:[2620:fe::fe]:443"';
const DNS = 'an address and a name such as "dns:9.9.9.9/example.com" or "dns:[2620:fe::fe]/."';
const EXEC = 'the absolute path of a program and its arguments such as "exec:/etc/uplinkd/portal -v"';

const NAME = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*$/;
/** What somebody may take for an address: the last label is no number. */
const isHostName = (text: string): boolean => /^(?:[\w-]+\.)*[\w-]*[a-z][\w-]*\.?$/i.test(text);
/** As many words as a hook may have. No shell splits them: a blank separates, and nothing quotes. */
const COMMAND = /^\/[!-~]+(?: [!-~]+){0,31}$/;
const LONGEST_COMMAND = 200;

/** The address in `what`, canonical; `value` is the whole. */
const readHost = (
  what: string,
  value: string,
  address: string,
): Pick<Extract<Target, { readonly kind: 'tcp' }>, 'family' | 'address'> | Refused => {
  const scope = refusedScope(what, address, value);
  if (scope !== null) return scope;
  const read = parseAddress(address);
  if (read === null)
    return refused(`${wanted(what, value)}${isHostName(address) ? '; names are never resolved' : ''}`);
  const why = unusable(read.address);
  return why === null ? read : refused(`${wanted(what, value)}, ${why}`);
};

/** `[2001:db8::1]` and `192.0.2.1`, apart from what follows. */
const splitHost = (text: string, separator: string): readonly [string, string] | null => {
  const inet6 = /^\[([^\]]*)\](.*)$/.exec(text);
  const at = text.indexOf(separator);
  const [address, rest] =
    inet6 === null ? [text.slice(0, Math.max(0, at)), text.slice(at)] : [inet6[1] ?? '', inet6[2] ?? ''];
  const isWhole = rest.startsWith(separator) && address.includes(':') === (inet6 !== null);
  return isWhole ? [address, rest.slice(separator.length)] : null;
};

const readTcp = (value: string): Target | Refused => {
  const [address, digits = ''] = splitHost(value.slice('tcp:'.length), ':') ?? [];
  const port = /^[0-9]{1,5}$/.test(digits) ? Number(digits) : 0;
  if (address === undefined || port < 1 || port > 65_535) return refused(wanted(TCP, value));
  const host = readHost(TCP, value, address);
  return 'address' in host ? { kind: 'tcp', family: host.family, address: host.address, port } : host;
};

const readDns = (value: string): Target | Refused => {
  const [address, given = ''] = splitHost(value.slice('dns:'.length), '/') ?? [];
  const name = given === '.' ? given : given.toLowerCase().replace(/\.$/, '');
  if (address === undefined || (name !== '.' && !NAME.test(name))) return refused(wanted(DNS, value));
  const host = readHost(DNS, value, address);
  return 'address' in host ? { kind: 'dns', family: host.family, address: host.address, name } : host;
};

const readExec = (value: string): Target | Refused => {
  const command = value.slice('exec:'.length);
  if (!COMMAND.test(command) || command.startsWith('//')) return refused(wanted(EXEC, value));
  if (command.length > LONGEST_COMMAND)
    return refused(`expected a command of up to ${LONGEST_COMMAND} characters, found ${command.length}`);
  const [path = '', ...args] = command.split(' ');
  return { kind: 'exec', command: [path, ...args] };
};

const readTarget = (value: string): Target | Refused => {
  if (value === 'gateway') return { kind: 'gateway' };
  if (/^[a-z]*$/i.test(value)) return refused(`${wanted(TARGET, value)}${suggest(value, ['gateway'])}`);
  if (value.startsWith('tcp:')) return readTcp(value);
  if (value.startsWith('dns:')) return readDns(value);
  if (value.startsWith('exec:')) return readExec(value);
  const host = readHost(TARGET, value, value);
  return 'address' in host ? { kind: 'address', family: host.family, address: host.address } : host;
};

export const target = text<Target>(TARGET, readTarget);
