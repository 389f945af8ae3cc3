/** The page's sentences, and that nothing can break out of its markup. */
import t from 'tap';
import { html } from '../../src/page/html.ts';
import { renderPage } from '../../src/page/page.ts';
import { renderFlapping, renderVerdict, renderWhy } from '../../src/page/words.ts';
import { emptyStore, scales } from '../../src/wire/series.ts';
import type { Status } from '../../src/wire/status.ts';
import { exampleStatus } from '../wire/example.ts';

const only = (...names: readonly string[]): Status => ({
  ...exampleStatus,
  pf: { ...exampleStatus.pf, called: true, failure: null },
  links: exampleStatus.links.filter(({ name }) => names.includes(name)),
  policies: exampleStatus.policies.filter(({ name }) => name === 'default'),
});

t.test('what is wrong, where traffic goes, what to do', async (t) => {
  const fibre = only('fibre').links.map((link) => ({ ...link, paths: link.paths.slice(0, 1) }));
  t.match(renderVerdict({ ...only('fibre'), links: fibre }), {
    mood: 'good',
    title: 'The link is up',
    advice: [],
  });
  t.match(
    renderVerdict({ ...only(), links: fibre.map((link) => ({ ...link, admin: 'drained' as const })) }),
    {
      mood: 'unsure',
      title: 'fibre not used, by hand',
      advice: ['fibre: is drained by hand: uplinkctl enable fibre'],
    },
  );
  t.match(renderVerdict(only('fibre')), { mood: 'unsure', title: 'fibre inet6 is degraded' });
  t.match(renderVerdict(only('fibre', 'dsl')), { title: 'fibre inet6 and dsl inet are not well' });
  t.match(renderVerdict(only('fibre', 'lte', 'radio')), {
    mood: 'unsure',
    title: 'lte and radio are down',
    detail: 'New connections go by fibre. This router itself goes by fibre.',
    advice: [
      /fibre: /,
      'lte: check the cable of em3, and whether the modem has power',
      /^radio: restart the modem/,
    ],
  });
  t.match(renderVerdict(only('lte')), { mood: 'bad', title: 'No link works' });
  t.match(renderVerdict({ ...only(), links: [] }), { mood: 'unsure', title: /^Starting/ });
});

t.test('what flaps is told, and how long it has to wait', async (t) => {
  const [link] = only('lte').links;
  const [path] = link?.paths ?? [];
  if (link === undefined || path === undefined) throw new Error('the example has no lte');
  t.equal(renderFlapping(path), 'has failed too often, is held back for 1m04s even if it comes back');
  const calm = { penalty: 980, suppressed: false, reuseInMs: null };
  t.equal(renderFlapping({ ...path, damping: calm }), 'has failed lately');
  t.equal(renderFlapping({ ...path, damping: { ...calm, penalty: 100 } }), null);
  t.equal(renderFlapping({ ...path, reason: 'damped' }), null, 'it is the reason already');
  t.match(
    renderWhy(link, { ...path, reason: 'damped', holdRemainingMs: 64_000 }),
    / is used in 1m04s if it stays good$/,
  );
  t.match(
    renderWhy(link, { ...path, reason: 'hold', holdRemainingMs: 6_001 }),
    / is used in 7s if it stays good$/,
  );
});

t.test('who carries what is of the router itself', async (t) => {
  const told = (mode: Status['ownTraffic']['mode'], ...families: Status['ownTraffic']['families']): string =>
    renderVerdict({ ...only('fibre'), ownTraffic: { mode, families } }).detail;
  const inet = (...links: readonly string[]) => ({ family: 'inet', links }) as const;
  const inet6 = (...links: readonly string[]) => ({ family: 'inet6', links }) as const;
  t.match(told('best', inet('fibre'), inet6()), /\. This router itself goes by fibre\.$/);
  t.match(told('multipath', inet('fibre', 'dsl')), / goes by fibre and dsl\.$/);
  t.match(told('best', inet('fibre'), inet6('dsl')), / goes by fibre \(inet\), dsl \(inet6\)\.$/);
  t.match(told('best', inet()), / This router itself is cut off\.$/);
  t.notMatch(told('leave', inet()), /router/);
});

t.test('the page has the new figures', async (t) => {
  const page = renderPage({
    status: exampleStatus,
    series: emptyStore,
    scale: scales[0],
    nowMs: 0,
    hostname: 'h',
  });
  t.match(
    page,
    /data-label="available" class="number">99\.53%<small class="more">7 d 99\.53%, 30 d 99\.53%<\/small>/,
  );
  t.match(page, /no carrier on em3; has failed too often, is held back for 1m04s/);
});

t.test('pf comes first', async (t) => {
  const uncalled = { ...only('fibre', 'lte'), pf: { ...exampleStatus.pf, called: false, failure: null } };
  t.match(renderVerdict(uncalled), {
    mood: 'bad',
    title: 'pf does not do what it should',
    advice: [/^add this line to \/etc\/pf\.conf .*: anchor "uplinkd"$/],
  });
});

t.test('texts from elsewhere stay texts', async (t) => {
  const evil = '</li><script>alert(1)</script>"\'&\u202e\u0007';
  t.equal(html`<a title="${evil}">`.text.match(/[<>"']/g)?.join(''), '<"">');
  const page = renderPage({
    status: { ...exampleStatus, history: [{ atMs: 0, severity: 'err', text: evil }] },
    series: emptyStore,
    scale: scales[0],
    nowMs: 0,
    hostname: evil,
  });
  t.notMatch(page, /<script>|alert\(1\)<\/script>"|\u202e/);
  t.notOk(page.includes('\u0007'));
  t.equal(page.match(/<script/g)?.length, 1);
  t.notMatch(page, / style=| on[a-z]+=/, 'nothing that the policy forbids');
});
