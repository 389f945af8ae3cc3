// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are pieces of source text
/**
 * Bugs that are planted, and have to be caught: each is a change to a copy of the sources, which then plays drawn stories until a claim
 * breaks. A mutant that nobody catches within 200 seeds means that the simulation does not look there. The seed that has caught it
 * last is tried first, since a search takes minutes: when other stories are drawn, search once and write down what it finds.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Claim } from '../../src/simulate/scene.ts';

interface Mutant {
  readonly name: string;
  readonly file: string;
  /** What is exchanged; each has to be there exactly once. */
  readonly changes: readonly (readonly [string, string])[];
  readonly caughtBy: readonly Claim[];
  /** A seed that catches it. */
  readonly seed: number;
}

const mutants: readonly Mutant[] = [
  {
    name: 'kill before load',
    file: 'adapter/pf-apply.ts',
    changes: [
      [
        '  let loadTook: Millis | null = null;\n',
        "  for (const { what } of wanted.kills)\n    if (what.kind === 'label') await pfctl.run(['-k', 'label', '-k', what.label]);\n  let loadTook: Millis | null = null;\n",
      ],
    ],
    caughtBy: ['no pf state is killed before the rules lead elsewhere'],
    seed: 2,
  },
  {
    name: 'floating NAT states',
    file: 'text/pf.ts',
    // With its label it would be killed all the same, which is what the label is for.
    changes: [
      [
        ' keep state (if-bound) ` +\n        `${label(rule.link, rule.family)} ${tagged(',
        ' ` +\n        `${tagged(',
      ],
    ],
    caughtBy: ['no packet leaves with the address of another link', 'connections go where they can'],
    seed: 2,
  },
  {
    name: 'forgotten DESYNC',
    file: 'adapter/monitor.ts',
    changes: [
      ["      case 'desync':\n", ''],
      ["      case 'other':\n", "      case 'other':\n      case 'desync':\n"],
    ],
    caughtBy: ['what the kernel tells is known'],
    seed: 9,
  },
  {
    name: 'applied is set before success',
    file: 'core/reconcile.ts',
    changes: [
      [
        '    { ...lane, holders, paths,',
        '    { ...lane, appliedRules: rulesKey(desired.ruleset), holders, paths,',
      ],
      ['      ...forgetApplied(lane),\n      failures,', '      ...lane,\n      failures,'],
    ],
    caughtBy: [
      'what is known to be applied is in pf',
      'connections go where they can',
      'pf holds what is decided',
    ],
    seed: 27,
  },
  {
    name: 'one family takes the other down',
    file: 'core/kill.ts',
    changes: [
      [
        "    return [{ path: key, link: path.link, what: { kind: 'label', label }, rdomains, again }];",
        "    return [label, linkLabel(path.link, path.family === 'inet' ? 'inet6' : 'inet')].map((each) =>\n      ({ path: key, link: path.link, what: { kind: 'label', label: each }, rdomains, again }));",
      ],
    ],
    // It kills while the rules of the family that works still lead there.
    caughtBy: [
      'no pf state is killed on a path that works',
      'no pf state is killed before the rules lead elsewhere',
      'connections go where they can',
    ],
    seed: 57,
  },
  {
    name: 'hold is ignored',
    file: 'core/health.ts',
    changes: [
      ['if (now < plus(path.goodSince ?? now, hold)) return stepped;', 'if (hold < 0) return stepped;'],
    ],
    caughtBy: ['no path is up before its hold'],
    seed: 1,
  },
  {
    name: 'kill without an alternative',
    file: 'core/kill.ts',
    changes: [
      [
        '(path) => isDead(path) && decisions.some((decision) => isAlternative(settings, decision, path, former))',
        '(path) => isDead(path) && decisions.length > 0',
      ],
    ],
    caughtBy: ['no pf state is killed without somewhere to go'],
    seed: 19,
  },
  {
    name: 'a word by hand is forgotten with the process',
    file: 'core/observe.ts',
    changes: [['        admin: recallAdmin(observation.memory),\n', '']],
    caughtBy: ['what an operator says holds'],
    seed: 2,
  },
  {
    name: 'a gateway that has been learnt is not looked for again',
    file: 'adapter/gateway.ts',
    changes: [
      [
        "if (one?.kind === 'found') last.set(",
        "if (one?.kind === 'found' && !last.has(keyOf(wish))) last.set(",
      ],
    ],
    caughtBy: ['health is what the world is', 'connections go where they can'],
    seed: 2,
  },
  {
    name: 'a dead path keeps its share beside a good one',
    file: 'core/decide.ts',
    changes: [
      [
        'chosen: standing.filter((candidate) => candidate.member.tier === tier) };',
        "chosen: candidates.filter(({ standing: on, member }) => [rung, 'last-resort'].includes(on) && member.tier === tier) };",
      ],
    ],
    caughtBy: ['no rule leads to a path that is down'],
    seed: 3,
  },
  {
    name: 'show calls every path up',
    file: 'daemon/snapshot.ts',
    changes: [
      [
        '    health: path.health,\n    reason: path.reason,\n    since',
        "    health: 'up',\n    reason: path.reason,\n    since",
      ],
    ],
    caughtBy: ['show tells the truth'],
    seed: 4,
  },
  {
    name: 'show has the gateway of the file',
    file: 'daemon/snapshot.ts',
    changes: [
      [
        '(path === undefined ? null : knownGateway(link, path)) ?? gatewayOf(link, family)',
        'gatewayOf(link, family)',
      ],
    ],
    caughtBy: ['show tells the truth'],
    seed: 11,
  },
  {
    name: 'nothing is said of inet6',
    file: 'core/tell.ts',
    changes: [['  return notes;\n};', "  return after.family === 'inet6' ? [] : notes;\n};"]],
    caughtBy: ['the log tells every change'],
    seed: 5,
  },
  {
    name: 'a link that is taken out keeps its books',
    file: 'core/record.ts',
    changes: [
      ['kept.size === paths.size ? kept : new Map([...kept].filter(([key]) => paths.has(key)));', 'kept;'],
    ],
    caughtBy: ['memory, queues and children are bounded'],
    seed: 5,
  },
  {
    name: 'what pools have pinned is not swept',
    file: 'core/kill.ts',
    changes: [
      [
        'if (!pools.pooledBefore.has(key) && !isPooled(pools.settings, pools.paths, path)) return [];',
        'if (pools.pooledBefore.size >= 0) return [];',
      ],
    ],
    caughtBy: ['no pf state is left on a dead path', 'connections go where they can'],
    seed: 4,
  },
  {
    name: 'connections always move back',
    file: 'core/kill.ts',
    changes: [
      [
        "return (policy.failback ?? (isMetered ? 'move' : 'stay')) === 'move';",
        'return policy.failback !== undefined || isMetered;',
      ],
    ],
    caughtBy: ['no pf state is killed on a path that works'],
    seed: 2,
  },
  {
    name: 'a monitor that says nothing is trusted',
    file: 'adapter/monitor.ts',
    changes: [['const POLL = millis(10_000);', 'const POLL = millis(3_600_000);']],
    caughtBy: ['what the kernel tells is known'],
    seed: 3,
  },
];

const SEEDS = 200;

const root = fileURLToPath(new URL('../..', import.meta.url));

// Its own arguments, such as ONLY=hold, take a part of the list.
const only = process.env['ONLY'] ?? '';

/** Exchanges what a mutant exchanges, and fails if the sources have moved on under it. */
const mutate = (directory: string, mutant: Mutant): void => {
  const file = join(directory, 'src', mutant.file);
  let text = readFileSync(file, 'utf8');
  for (const [from, to] of mutant.changes) {
    const parts = text.split(from);
    if (parts.length !== 2)
      throw new Error(`${mutant.name}: ${parts.length - 1} times in ${mutant.file}: ${from}`);
    text = parts.join(to);
  }
  writeFileSync(file, text);
};

const simulate = (directory: string, from: number, seeds: number): Promise<string> =>
  new Promise((resolve) => {
    const args = [
      '--import=tsx',
      'src/simulate/main.ts',
      `--from=${from}`,
      `--seeds=${seeds}`,
      '--hours=0.2',
      '--whole',
      '--until-broken',
      `--write=${directory}/found`,
    ];
    const child = spawn(process.execPath, args, { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.on('close', () => resolve(said));
  });

t.setTimeout(1_200_000);

for (const mutant of mutants.filter(({ name }) => name.includes(only))) {
  t.test(mutant.name, { timeout: 600_000 }, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'mutant-'));
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    cpSync(join(root, 'src'), join(directory, 'src'), { recursive: true });
    cpSync(join(root, 'package.json'), join(directory, 'package.json'));
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
    mutate(directory, mutant);
    const find = async (from: number, seeds: number) => {
      const said = await simulate(directory, from, seeds);
      const [, seed, claim] = /^seed (\d+): BROKEN after \d+ ms: (.*)$/m.exec(said) ?? [];
      return { said, seed, claim, isCaught: mutant.caughtBy.some((each) => each === claim) };
    };
    const first = await find(mutant.seed, 1);
    const { said, seed, claim, isCaught } = first.isCaught ? first : await find(1, SEEDS);
    t.comment(`${mutant.name}: seed ${seed}: ${claim}`);
    t.ok(isCaught, `${claim ?? 'nothing'} (seed ${seed})`, { said: said.slice(0, 500) });
  });
}
