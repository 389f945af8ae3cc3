/**
 * What each key may hold, and the defaults: the shape of every table, made of the kinds of values in value.ts and
 * address.ts, in the words of core/model.ts.
 *
 * Every message says what was expected and what was found, without the key: read.ts puts key and place in front. What
 * takes more than one key is judged elsewhere. Keys that do not work yet are absent, so they are unknown keys.
 */
import { z } from 'zod';
import type {
  CarpSettings,
  HookSettings,
  LinkSettings,
  PolicySettings,
  ProbeSettings,
} from '../core/model.ts';
import { millis } from '../core/time.ts';
import { gateway, gateway6, listen, network, network6 } from './address.ts';
import { bytes } from './bytes.ts';
import { prio, tos } from './mark.ts';
import { target } from './target.ts';
import { expected, flag, oneOf, pattern, percentage, time, timeOr, wanted, whole } from './value.ts';

/** `uplinkd_local`, `uplinkd_<policy>`: 15 + 1 + 15 characters, one less than PF_TABLE_NAME_SIZE (net/pfvar.h). */
const ANCHOR = /^[A-Za-z][A-Za-z0-9_-]{0,14}$/;
const NAME = /^[a-z][a-z0-9_]{0,14}$/;
/** IFNAMSIZ is 16 with the final zero. */
const INTERFACE = /^(?=.{1,15}$)[a-z]+[0-9]+$/;

/** The name of a link or a policy. */
export const nameSchema = pattern(
  'a name of a small letter and up to 14 more small letters, digits and "_"',
  NAME,
);

export const topShape = {
  anchor: pattern('a letter and up to 14 letters, digits, "_" and "-"', ANCHOR).optional(),
  local: z.array(network, expected(`an array of networks`)).optional(),
  reconcile: time(millis(1000), millis(3_600_000), '30s').optional(),
  default_route: oneOf(['none', 'leave', 'best', 'multipath']).optional(),
  on_exit: oneOf(['keep', 'flush']).optional(),
};

export const inboundShape = { enabled: flag.optional() };

export const carpShape = {
  // ifconfig(8) takes a name that ends in a digit for an interface.
  group: pattern('a group of interfaces such as "carp"', /^[A-Za-z][A-Za-z0-9_]{0,13}[A-Za-z_]$/).optional(),
  demote: whole(1, 128).optional(),
  hold: time(millis(0), millis(3_600_000), '10s').optional(),
};

const ARGUMENT = 'a text of up to 1000 characters, none of them a control character';
const PROGRAM = 'the absolute path of a program such as "/etc/uplinkd/notify"';
const COMMAND = 'an array of a program and up to 31 arguments';

export const hookShape = {
  command: z
    .array(pattern(ARGUMENT, /^[^\p{Cc}]{0,1000}$/u), expected(COMMAND))
    .min(1, `expected ${COMMAND}, found none`)
    .max(32, {
      error: (issue) => `expected ${COMMAND}, found ${(issue.input as unknown[]).length} texts`,
    })
    .transform((words, context): HookSettings['command'] => {
      const [program = '', ...args] = words;
      if (!/^\/[^/]/.test(program))
        context.addIssue({ code: 'custom', path: [0], message: wanted(PROGRAM, program) });
      return [program, ...args];
    }),
  timeout: time(millis(1000), millis(600_000), '10s').optional(),
  digest: time(millis(1000), millis(3_600_000), '1m').optional(),
};

const HOSTS = 'an array of up to 16 names of hosts';

export const metricsShape = {
  listen,
  hosts: z
    .array(
      pattern(
        'the name of a host such as "router.example.org", in small letters',
        /^(?=.{1,253}$)(?=.*[a-z])[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
      ),
      expected(HOSTS),
    )
    .max(16, { error: (issue) => `expected ${HOSTS}, found ${(issue.input as unknown[]).length}` })
    .optional(),
  public: flag.optional(),
};

/** What groupadd(8) takes. */
export const controlShape = {
  group: pattern('the name of a group such as "wheel"', /^[A-Za-z_][A-Za-z0-9_-]{0,30}$/).optional(),
};

export const probeShape = {
  targets: z
    .array(target, expected('an array of 1 to 8 targets'))
    .min(1, 'expected an array of 1 to 8 targets, found none')
    .max(8, {
      error: (issue) => `expected an array of 1 to 8 targets, found ${(issue.input as unknown[]).length}`,
    })
    .optional(),
  quorum: whole(1, 8).optional(),
  interval: time(millis(100), millis(3_600_000), '1s').optional(),
  idle: time(millis(1000), millis(3_600_000), '1m').optional(),
  timeout: timeOr('auto', millis(10), millis(60_000), '1s').optional(),
  fall: whole(1, 60).optional(),
  rise: whole(1, 60).optional(),
  hold: time(millis(0), millis(86_400_000), '10s').optional(),
  confirm: flag.optional(),
  damping: flag.optional(),
};

export const lossShape = {
  degraded: percentage.optional(),
  recover: percentage.optional(),
  down: percentage.optional(),
  window: time(millis(1000), millis(3_600_000), '30s').optional(),
};

export const latencyShape = {
  degraded: time(millis(1), millis(60_000), '250ms').optional(),
  recover: time(millis(1), millis(60_000), '200ms').optional(),
};

const PREFIXES = 'an array of up to 16 IPv6 networks';

export const linkShape = {
  interface: pattern('the name of an interface such as "em0"', INTERFACE),
  gateway: gateway.optional(),
  gateway6: gateway6.optional(),
  via: oneOf(['route-to', 'rtable']).optional(),
  weight: whole(1, 65_535).optional(),
  tier: whole(1, 255).optional(),
  nat: flag.optional(),
  nat6: oneOf(['no', 'nat', 'prefix']).optional(),
  prefix6: z
    .array(network6, expected(PREFIXES))
    .max(16, { error: (issue) => `expected ${PREFIXES}, found ${(issue.input as unknown[]).length}` })
    .optional(),
  metered: flag.optional(),
  budget: bytes.optional(),
  /** RT_TABLEID_MAX is 255 (sys/socket.h); table 0 is the router's own. */
  rtable: whole(1, 255).optional(),
};

export const memberShape = {
  link: z.string(expected('the name of a link')),
  tier: linkShape.tier,
  weight: linkShape.weight,
};

export const policyShape = {
  balance: oneOf(['weight', 'least-states', 'round-robin', 'source-hash', 'random']).optional(),
  sticky: flag.optional(),
  degraded: oneOf(['use', 'avoid', 'never']).optional(),
  failback: oneOf(['stay', 'move']).optional(),
  empty: oneOf(['last-resort', 'drop']).optional(),
  prio: prio.optional(),
  tos: tos.optional(),
};

// ---- defaults --------------------------------------------------------------------------------------------------

export const DEFAULT_PROBE: ProbeSettings = {
  targets: [
    { kind: 'gateway' },
    { kind: 'address', family: 'inet', address: '9.9.9.9' },
    { kind: 'address', family: 'inet', address: '1.1.1.1' },
    { kind: 'address', family: 'inet6', address: '2620:fe::fe' },
  ],
  quorum: 1,
  interval: millis(1000),
  idle: millis(60_000),
  timeout: 'auto',
  fall: 3,
  rise: 5,
  hold: millis(10_000),
  confirm: true,
  loss: { degraded: 10, recover: null, down: 50, window: millis(30_000) },
  latency: { degraded: null, recover: null },
  damping: true,
};

export const DEFAULT_LINK: Omit<LinkSettings, 'name' | 'interface' | 'probe'> = {
  gateway: null,
  gateway6: null,
  via: null,
  weight: 1,
  tier: 1,
  nat: true,
  nat6: 'no',
  prefix6: [],
  metered: false,
  budget: null,
  rtable: null,
};

export const DEFAULT_POLICY: Omit<PolicySettings, 'name' | 'members'> = {
  balance: 'weight',
  sticky: false,
  degraded: 'avoid',
  failback: null,
  empty: 'last-resort',
  prio: null,
  tos: null,
};

export const DEFAULT_HOOK: Omit<HookSettings, 'command'> = {
  timeout: millis(10_000),
  digest: millis(60_000),
};

export const DEFAULT_CARP: CarpSettings = { group: 'carp', demote: 50, hold: millis(10_000) };

export const DEFAULTS = {
  anchor: 'uplinkd',
  reconcile: millis(30_000),
  default_route: 'none',
  on_exit: 'keep',
  controlGroup: 'wheel',
} as const;
