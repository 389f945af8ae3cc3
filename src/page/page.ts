/** The whole status page, and the same in the form in which an open page takes it. Nothing in it comes from elsewhere. */
import { type Html, html } from './html.ts';
import { type PageInput, type PartName, renderParts } from './parts.ts';
import { type Mood, renderVerdict } from './words.ts';

const section = (name: PartName, parts: Readonly<Record<PartName, Html>>): Html =>
  html`<section id="${name}">${parts[name]}</section>`;

/** Without a script it reloads itself once a minute. */
export const renderPage = (input: PageInput): string => {
  const parts = renderParts(input);
  const { title, mood } = renderVerdict(input.status);
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} – uplinkd</title>
<link rel="icon" id="icon" type="image/svg+xml" href="/icon-${mood}.svg">
<link rel="stylesheet" href="/page.css">
<script src="/page.js" defer></script>
<noscript><meta http-equiv="refresh" content="60"></noscript>
</head>
<body>
<header><span><b>${input.hostname}</b> uplinks</span><span id="live"></span></header>
<div id="say" class="unseen" role="status" aria-live="polite">${title}</div>
<main>
${section('verdict', parts)}
${section('links', parts)}
${section('policies', parts)}
${section('plots', parts)}
${section('history', parts)}
</main>
<footer id="foot">${parts.foot}</footer>
</body>
</html>
`.text;
};

/** The data of one `parts` event of /events. */
export const renderNews = (input: PageInput): string => {
  const { title, mood } = renderVerdict(input.status);
  const parts = Object.entries(renderParts(input)).map(([name, part]) => [name, part.text]);
  return JSON.stringify({ title, mood, html: Object.fromEntries(parts) });
};

const colours: Readonly<Record<Mood, string>> = { good: '#1d8a49', unsure: '#d98a00', bad: '#cc2f26' };

const shapes: Readonly<Record<Mood, Html>> = {
  good: html`<circle cx="8" cy="8" r="7"/>`,
  unsure: html`<path d="M8 .8 15.6 14.6H.4z"/>`,
  bad: html`<rect x="1" y="1" width="14" height="14" rx="2.5"/>`,
};

/** In a row of tabs it tells by shape as well as by colour. */
export const renderIcon = (mood: Mood): string =>
  html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="${colours[mood]}">${shapes[mood]}</svg>`
    .text;
