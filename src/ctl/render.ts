/**
 * `uplinkctl render`: the anchor text for a configuration and healths that somebody imagines. Needs no daemon and no
 * OpenBSD, and reads no file itself.
 */
import { parseConfig, renderConfigError } from '../config/parse.ts';
import { parseAddress } from '../core/address.ts';
import { type Family, type Health, type PathKey, pathKey, type Settings } from '../core/model.ts';
import { previewRuleset } from '../core/preview.ts';
import { renderRuleset } from '../text/pf.ts';

export type Rendered =
  | { readonly kind: 'rendered'; readonly anchor: string; readonly rules: readonly string[] }
  /** `file:line:col: message` each. */
  | { readonly kind: 'bad-config'; readonly errors: readonly string[] }
  | { readonly kind: 'bad-set'; readonly text: string };

const healths: readonly Health[] = ['up', 'down', 'unknown'];
/** Every link has a path in these families; inet6 comes with its own gateway. */
const families: readonly Family[] = ['inet'];

interface Imagined {
  readonly settings: Settings;
  readonly healths: ReadonlyMap<PathKey, Health>;
}
type Step =
  | { readonly kind: 'imagined'; readonly imagined: Imagined }
  | { readonly kind: 'wrong'; readonly text: string };

const wrong = (text: string): Step => ({ kind: 'wrong', text });

const setGateway = (imagined: Imagined, link: string, given: string): Step => {
  const found = parseAddress(given);
  if (found === null || found.family !== 'inet') return wrong(`not an inet address: ${given}`);
  const links = imagined.settings.links.map((each) =>
    each.name === link ? { ...each, gateway: found.address } : each,
  );
  return { kind: 'imagined', imagined: { ...imagined, settings: { ...imagined.settings, links } } };
};

const setHealth = (imagined: Imagined, link: string, family: string | null, given: string): Step => {
  const health = healths.find((each) => each === given);
  if (health === undefined) return wrong(`unknown health: ${given}: not ${healths.join(', ')}`);
  const chosen = family === null ? families : families.filter((each) => each === family);
  if (chosen.length === 0) return wrong(`${link} has no path in ${family}: only in ${families.join(', ')}`);
  const changed = new Map(imagined.healths);
  for (const each of chosen) changed.set(pathKey(link, each), health);
  return { kind: 'imagined', imagined: { ...imagined, healths: changed } };
};

/** One `--set`: `link=health`, `link/family=health` or `link.gateway=address`. */
const stepSet = (imagined: Imagined, text: string): Step => {
  const [, link = '', mark = '', more = '', value = ''] =
    /^([^=/.]+)(?:([/.])([^=]*))?=(.*)$/s.exec(text) ?? [];
  if (link === '') return wrong('expected link[/family]=health or link.gateway=address');
  const names = imagined.settings.links.map((each) => each.name);
  if (!names.includes(link)) return wrong(`unknown link: ${link}: not ${names.join(', ')}`);
  if (mark === '.')
    return more === 'gateway'
      ? setGateway(imagined, link, value)
      : wrong(`unknown key: ${more}: not gateway`);
  return setHealth(imagined, link, mark === '/' ? more : null, value);
};

/** `file` is only for the errors. Paths that no `--set` names are up; of two `--set` for one path the last counts. */
export const renderAnchor = (text: string, file: string, sets: readonly string[]): Rendered => {
  const parsed = parseConfig(text, file);
  if (parsed.kind === 'refused') return { kind: 'bad-config', errors: parsed.errors.map(renderConfigError) };
  let imagined: Imagined = { settings: parsed.settings, healths: new Map() };
  for (const set of sets) {
    const step = stepSet(imagined, set);
    if (step.kind === 'wrong') return { kind: 'bad-set', text: `--set ${set}: ${step.text}` };
    imagined = step.imagined;
  }
  const rules = renderRuleset(previewRuleset(imagined.settings, imagined.healths));
  return {
    kind: 'rendered',
    anchor: imagined.settings.anchor,
    rules: rules.split('\n').filter((line) => line !== ''),
  };
};
