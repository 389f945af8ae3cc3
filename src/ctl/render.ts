/**
 * `uplinkctl render`: the anchors' text for a configuration and healths that somebody imagines. Needs no daemon and no
 * OpenBSD, and reads no file itself.
 */
import { parseConfig, parseConfigFile, renderConfigError } from '../config/parse.ts';
import { renderConfig } from '../config/print.ts';
import { parseAddress } from '../core/address.ts';
import {
  type Family,
  families,
  gatewayOf,
  type Health,
  type LinkSettings,
  type PathKey,
  pathKey,
  type Settings,
} from '../core/model.ts';
import { previewPools, previewRuleset } from '../core/preview.ts';
import { LAST_RTABLE } from '../core/rtable.ts';
import { renderPoolAnchor, renderRuleset } from '../text/pf.ts';

interface RenderedAnchor {
  readonly anchor: string;
  /** Lines of pf.conf(5). */
  readonly rules: readonly string[];
}

export type Rendered =
  | ({ readonly kind: 'rendered' } & RenderedAnchor & {
        /** The anchors of policies that are balanced by a pool. */
        readonly pools: readonly RenderedAnchor[];
      })
  /** `file:line:col: message` each. */
  | { readonly kind: 'bad-config'; readonly errors: readonly string[] }
  | { readonly kind: 'bad-set'; readonly text: string };

const healths: readonly Health[] = ['up', 'degraded', 'unknown', 'down'];
const gatewayKeys: { readonly [key: string]: Family } = { gateway: 'inet', gateway6: 'inet6' };

interface Imagined {
  readonly settings: Settings;
  readonly healths: ReadonlyMap<PathKey, Health>;
  /** Links in a routing domain of their own. */
  readonly rdomains: ReadonlyMap<string, number>;
}
type Step =
  | { readonly kind: 'imagined'; readonly imagined: Imagined }
  | { readonly kind: 'wrong'; readonly text: string };

const wrong = (text: string): Step => ({ kind: 'wrong', text });

const listed = (words: readonly string[]): string => words.join(', ');

const setGateway = ({ settings, ...rest }: Imagined, link: string, family: Family, given: string): Step => {
  const found = parseAddress(given);
  if (found?.family !== family) return wrong(`not an ${family} address: ${given}`);
  const key = family === 'inet' ? 'gateway' : 'gateway6';
  const links = settings.links.map((each) => (each.name === link ? { ...each, [key]: found.address } : each));
  return { kind: 'imagined', imagined: { ...rest, settings: { ...settings, links } } };
};

const setHealth = (imagined: Imagined, link: LinkSettings, family: string | null, given: string): Step => {
  const health = healths.find((each) => each === given);
  if (health === undefined) return wrong(`unknown health: ${given}: not ${listed(healths)}`);
  const its = families.filter((each) => gatewayOf(link, each) !== null);
  const chosen = family === null ? its : its.filter((each) => each === family);
  if (chosen.length === 0) return wrong(`${link.name} has no path in ${family}: only in ${listed(its)}`);
  const changed = new Map(imagined.healths);
  for (const each of chosen) changed.set(pathKey(link.name, each), health);
  return { kind: 'imagined', imagined: { ...imagined, healths: changed } };
};

const setRdomain = (imagined: Imagined, link: string, given: string): Step => {
  const rdomain = /^[0-9]{1,3}$/.test(given) ? Number(given) : LAST_RTABLE + 1;
  if (rdomain > LAST_RTABLE) return wrong(`not a routing domain from 0 to ${LAST_RTABLE}: ${given}`);
  const rdomains = new Map(imagined.rdomains);
  if (rdomain === 0) rdomains.delete(link);
  else rdomains.set(link, rdomain);
  return { kind: 'imagined', imagined: { ...imagined, rdomains } };
};

/** One `--set`: `link=health`, `link/family=health`, `link.gateway=address`, `link.gateway6=address` or `link.rdomain=N`. */
const stepSet = (imagined: Imagined, text: string): Step => {
  const [, name = '', mark = '', more = '', value = ''] =
    /^([^=/.]+)(?:([/.])([^=]*))?=(.*)$/s.exec(text) ?? [];
  if (name === '') return wrong('expected link[/family]=health, link.gateway[6]=address or link.rdomain=N');
  const { links } = imagined.settings;
  const link = links.find((each) => each.name === name);
  if (link === undefined)
    return wrong(`unknown link: ${name}: not ${listed(links.map((each) => each.name))}`);
  if (mark !== '.') return setHealth(imagined, link, mark === '/' ? more : null, value);
  if (more === 'rdomain') return setRdomain(imagined, name, value);
  const family = Object.hasOwn(gatewayKeys, more) ? gatewayKeys[more] : undefined;
  return family === undefined
    ? wrong(`unknown key: ${more}: not ${listed([...Object.keys(gatewayKeys), 'rdomain'])}`)
    : setGateway(imagined, name, family, value);
};

const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

/** `file` is only for the errors. Paths that no `--set` names are up; of two `--set` for one path the last counts. */
export const renderAnchor = (given: string | Uint8Array, file: string, sets: readonly string[]): Rendered => {
  const parsed = typeof given === 'string' ? parseConfig(given, file) : parseConfigFile(given, file);
  if (parsed.kind === 'refused') return { kind: 'bad-config', errors: parsed.errors.map(renderConfigError) };
  let imagined: Imagined = { settings: parsed.settings, healths: new Map(), rdomains: new Map() };
  for (const set of sets) {
    const step = stepSet(imagined, set);
    if (step.kind === 'wrong') return { kind: 'bad-set', text: `--set ${set}: ${step.text}` };
    imagined = step.imagined;
  }
  const { settings } = imagined;
  // With a gateway that no file may have, such as 127.0.0.1, these would be rules that no daemon loads.
  const again = settings === parsed.settings ? parsed : parseConfig(renderConfig(settings), file);
  if (again.kind === 'refused')
    return { kind: 'bad-set', text: `--set: ${again.errors.map(({ message }) => message).join('; ')}` };
  return {
    kind: 'rendered',
    anchor: settings.anchor,
    rules: lines(renderRuleset(previewRuleset(settings, imagined.healths, imagined.rdomains))),
    pools: previewPools(settings, imagined.healths, imagined.rdomains).map((pool) => ({
      anchor: pool.anchor,
      rules: lines(renderPoolAnchor(pool)),
    })),
  };
};
