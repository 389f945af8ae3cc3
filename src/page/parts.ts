/**
 * The parts of the status page, each an element with an id that can be replaced while the page is open: what is wrong, links,
 * policies, plots, what has happened. Every fact is in words and in markup; colour and shape only repeat it.
 */

import { binsOf, type Scale, type SeriesStore, scales } from '../wire/series.ts';
import type { HistoryEntry, LinkStatus, PathStatus, PolicyFamilyStatus, Status } from '../wire/status.ts';
import { renderAvailability, renderPercent } from '../wire/words.ts';
import { type Html, html } from './html.ts';
import { renderPlot, summarise } from './plot.ts';
import {
  type Mood,
  moodOf,
  renderFlapping,
  renderLength,
  renderMs,
  renderVerdict,
  renderWhy,
} from './words.ts';

export interface PageInput {
  readonly status: Status;
  readonly series: SeriesStore;
  readonly scale: Scale;
  /** Wall clock, milliseconds since 1970. */
  readonly nowMs: number;
  readonly hostname: string;
}

export type PartName = 'verdict' | 'links' | 'policies' | 'plots' | 'history' | 'foot';

/** Lines of history on the page; `uplinkctl show history` has more. */
const MOST_LINES = 40;

/** A shape of its own for each mood, for eyes that tell no red from green. */
const shapes: Readonly<Record<Mood, Html>> = {
  good: html`<circle cx="8" cy="8" r="7"/><path class="cut" d="M4.5 8.2 7 10.7l4.5-5"/>`,
  unsure: html`<path d="M8 .8 15.6 14.6H.4z"/><path class="cut" d="M8 5.4v4.2M8 11.6v1"/>`,
  bad: html`<rect x="1" y="1" width="14" height="14" rx="2.5"/><path class="cut" d="m5 5 6 6m0-6-6 6"/>`,
};

const icon = (mood: Mood): Html =>
  html`<svg class="icon ${mood}" viewBox="0 0 16 16" aria-hidden="true">${shapes[mood]}</svg>`;

const renderVerdictPart = ({ status }: PageInput): Html => {
  const { mood, title, detail, advice } = renderVerdict(status);
  const todo = advice.map((line) => html`<li>${line}</li>`);
  return html`<div class="verdict ${mood}">${icon(mood)}<div><h1>${title}</h1><p>${detail}</p>${
    todo.length === 0 ? null : html`<h2 class="small">What to do</h2><ul>${todo}</ul>`
  }</div></div>`;
};

/** The target that says most of a path: one beyond the gateway, and of those one that answers. */
const bestTarget = ({ targets }: PathStatus): PathStatus['targets'][number] | undefined =>
  [...targets].sort(
    (a, b) =>
      Number(a.target === 'gateway') - Number(b.target === 'gateway') ||
      Number(a.verdict !== 'answers') - Number(b.verdict !== 'answers') ||
      a.lossPercent - b.lossPercent,
  )[0];

const shareOf = ({ policies }: Status, link: string, family: string): string => {
  const shares = policies
    .flatMap(({ families }) => families)
    .filter((each) => each.family === family && each.members.some((member) => member.link === link))
    .map(({ shares: its }) => Math.round(its.find((share) => share.link === link)?.percent ?? 0));
  if (shares.length === 0) return '–';
  const [least, most] = [Math.min(...shares), Math.max(...shares)];
  return least === most ? `${least}%` : `${least}–${most}%`;
};

const pathRow = (status: Status, link: LinkStatus, path: PathStatus): Html => {
  const best = bestTarget(path);
  const rtt = best?.rtt == null ? '–' : `${best.rtt.p50Ms.toFixed(1)} / ${renderMs(best.rtt.p95Ms)}`;
  const loss = best === undefined || best.windowSize === 0 ? '–' : renderPercent(best.lossPercent);
  const why = [
    ...(link.admin === 'drained' ? ['drained by hand'] : []),
    renderWhy(link, path),
    ...[renderFlapping(path)].filter((each) => each !== null),
  ].join('; ');
  const { day, week, month } = path.availability;
  const family =
    link.paths.length > 1 || path.family === 'inet6' ? html` <small>${path.family}</small>` : null;
  return html`<tr role="row" class="${moodOf(path.health)}"><th role="rowheader" scope="row">${link.name}${family}<small class="nic">${link.interface}</small></th><td role="cell" class="health"><span class="badge ${moodOf(path.health)}">${icon(moodOf(path.health))}${path.health}</span></td><td role="cell" data-label="since">${renderLength(path.sinceMs)}</td><td role="cell" class="why">${why}</td><td role="cell" data-label="share" class="number">${shareOf(status, link.name, path.family)}</td><td role="cell" data-label="loss" class="number">${loss}</td><td role="cell" data-label="rtt" class="number">${rtt}</td><td role="cell" data-label="available" class="number">${renderAvailability(day)}<small class="more">7 d ${renderAvailability(week)}, 30 d ${renderAvailability(month)}</small></td></tr>`;
};

const renderLinks = ({ status }: PageInput): Html =>
  html`<h2>Links</h2><table role="table" class="links"><thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Link</th><th role="columnheader" scope="col">Health</th><th role="columnheader" scope="col">Since</th><th role="columnheader" scope="col">Why</th><th role="columnheader" scope="col" class="number">Share</th><th role="columnheader" scope="col" class="number">Loss</th><th role="columnheader" scope="col" class="number"><abbr title="Round-trip time: median and 95%">RTT</abbr></th><th role="columnheader" scope="col" class="number"><abbr title="How much of the last 24 hours the link was up or degraded">Available</abbr></th></tr></thead><tbody role="rowgroup">${status.links.flatMap(
    (link) => link.paths.map((path) => pathRow(status, link, path)),
  )}</tbody></table>`;

const rungMood = (rung: PolicyFamilyStatus['rung']): Mood => {
  if (rung === 'up') return 'good';
  return rung === 'none' || rung === 'last-resort' ? 'bad' : 'unsure';
};

const rungWords: Readonly<Record<PolicyFamilyStatus['rung'], string>> = {
  up: 'by links that are up',
  degraded: 'by links that are degraded: there is nothing better',
  recovering: 'by links that are just coming back: there is nothing better',
  unproven: 'by links of which nothing is known yet',
  'last-resort': 'by whatever has a carrier: nothing works',
  none: 'refused: no link can take them',
};

/** Shares as one bar. Links keep their pattern by their place in the configuration. */
const shareBar = (decision: PolicyFamilyStatus, links: readonly string[]): Html => {
  let at = 0;
  const pieces = decision.shares.map(({ link, percent }) => {
    const piece = html`<rect class="share s${Math.max(0, links.indexOf(link)) % 6}" x="${at.toFixed(2)}" y="0" width="${Math.max(0, percent - 0.6).toFixed(2)}" height="10"/>`;
    at += percent;
    return piece;
  });
  return html`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">${
    pieces.length === 0 ? html`<rect class="empty" x="0" y="0" width="100" height="10"/>` : pieces
  }</svg>`;
};

const policyItem = (name: string, decision: PolicyFamilyStatus, links: readonly string[]): Html => {
  const { family, source, rung, shares, sinceMs, members } = decision;
  const scope = source === null ? family : `${family} from ${source}`;
  const mood = rungMood(rung);
  const keys = shares.map(
    ({ link, percent }) =>
      html`<li><span class="key s${Math.max(0, links.indexOf(link)) % 6}"></span>${link} <b>${Math.round(percent)}%</b></li>`,
  );
  const unused = members.filter(({ used }) => !used);
  const others = unused.map(({ link, why }) => html`<li><b>${link}</b> ${why}</li>`);
  return html`<article class="policy"><h3>${icon(mood)}${name} <small>${scope}</small></h3>${shareBar(decision, links)}<ul class="keys">${
    keys.length === 0 ? html`<li><b>refused</b></li>` : keys
  }</ul><p>${rungWords[rung]}, for ${renderLength(sinceMs)}</p>${
    others.length === 0
      ? null
      : html`<details><summary>Not used: ${unused.map(({ link }) => link).join(', ')}</summary><ul>${others}</ul></details>`
  }</article>`;
};

const renderPolicies = ({ status }: PageInput): Html => {
  const names = status.links.map(({ name }) => name);
  const items = status.policies.flatMap(({ name, families }) =>
    families.map((decision) => policyItem(name, decision, names)),
  );
  return html`<h2>Policies</h2><div class="cards">${items}</div>`;
};

const scaleWords: Readonly<Record<Scale['name'], string>> = {
  hour: 'last hour',
  day: 'last day',
  month: 'last month',
};

const renderPlots = ({ status, series, scale, nowMs }: PageInput): Html => {
  const number = scales.findIndex(({ name }) => name === scale.name);
  const known = new Map(series.series.map((each) => [each.key, each]));
  const figures = status.links.flatMap((link) =>
    link.paths.flatMap((path) => {
      const targets = path.targets.map(({ target }) => target);
      // What is down has no targets any more, and its plot is what one wants to see then.
      const prefix = `${link.name}/${path.family} `;
      const kept = [...known.keys()]
        .filter((key) => key.startsWith(prefix))
        .map((key) => key.slice(prefix.length));
      return [...new Set([...targets, ...kept])].map((target): Html => {
        const ring = known.get(`${prefix}${target}`)?.rings[number];
        const bins = ring === undefined ? [] : binsOf(ring);
        const found = summarise(bins, scale, nowMs);
        const words =
          found === null
            ? 'nothing measured'
            : `loss ${renderPercent(found.lossPercent)}, median ${renderMs(found.p50Ms)}, 95% below ${renderMs(found.p95Ms)}`;
        const title = `${link.name}${path.family === 'inet6' ? ' inet6' : ''} → ${target}`;
        return html`<figure><figcaption><b>${title}</b> <span>${words}</span></figcaption>${renderPlot(bins, scale, nowMs, `${title}, ${scaleWords[scale.name]}: ${words}`)}</figure>`;
      });
    }),
  );
  const ranges = scales.map(({ name }) =>
    name === scale.name
      ? html`<a href="/?range=${name}" aria-current="true">${scaleWords[name]}</a>`
      : html`<a href="/?range=${name}">${scaleWords[name]}</a>`,
  );
  return html`<div class="head"><h2>Round-trip time and loss</h2><nav aria-label="Range of the plots">${ranges}</nav></div><div class="plots">${figures}</div><p class="legend"><span class="key line"></span>median of the round-trip times in ms <span class="key bandkey"></span>up to 95% of them <span class="key losskey"></span>loss, a full bar is all</p>`;
};

const entryMood = ({ severity, text }: HistoryEntry): Mood | null => {
  if (severity === 'err') return 'bad';
  if (severity === 'warning') return /-> down|nothing/.test(text) ? 'bad' : 'unsure';
  return /-> up/.test(text) ? 'good' : null;
};

/** What was done to pf follows from the rest, and is in `uplinkctl show history`. */
const isTold = (entry: HistoryEntry): boolean =>
  entryMood(entry) !== null || !/^(pf: (anchor \S+ loaded|killed )|link \S+ \S+: target )/.test(entry.text);

const two = (value: number): string => String(value).padStart(2, '0');
const clockOf = (ms: number): string => {
  const at = new Date(ms);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
};
const dayOf = (ms: number): string => {
  const at = new Date(ms);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
};

const renderHistory = ({ status }: PageInput): Html => {
  const lines = [...status.history].reverse().filter(isTold).slice(0, MOST_LINES);
  let day = '';
  const items = lines.flatMap((entry): readonly Html[] => {
    const mood = entryMood(entry);
    const line = html`<li class="${mood ?? 'plain'}"><time datetime="${new Date(entry.atMs).toISOString()}">${clockOf(entry.atMs)}</time>${
      mood === null ? html`<span class="dot"></span>` : icon(mood)
    }<span>${entry.text}</span></li>`;
    if (dayOf(entry.atMs) === day) return [line];
    day = dayOf(entry.atMs);
    return [html`<li class="day">${day}</li>`, line];
  });
  return html`<h2>What has happened</h2>${items.length === 0 ? html`<p>Nothing since the start.</p>` : html`<ol class="history">${items}</ol>`}`;
};

const renderFoot = ({ status: { daemon, pf }, nowMs }: PageInput): Html => {
  const place = pf.applied === 'known' ? 'in place' : 'not known to be in place';
  return html`uplinkd ${daemon.version}, up for ${renderLength(daemon.uptimeMs)}. ${daemon.config} read ${renderLength(daemon.settingsLoadedMsAgo)} ago. pf: anchor ${pf.anchor} ${place}, ${pf.rules.length} rules, ${pf.loads} loads, ${pf.loadFailures} failed, ${pf.kills} states killed. Times are the router’s; it is ${dayOf(nowMs)} ${clockOf(nowMs)}. <a href="/metrics">Figures for Prometheus</a>`;
};

export const renderParts = (input: PageInput): Readonly<Record<PartName, Html>> => ({
  verdict: renderVerdictPart(input),
  links: renderLinks(input),
  policies: renderPolicies(input),
  plots: renderPlots(input),
  history: renderHistory(input),
  foot: renderFoot(input),
});
