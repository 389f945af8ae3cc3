/** The status page in a real browser: facts without a script, live with it, nothing from elsewhere, no complaint. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { needsChromium, openBrowser } from './browser.ts';
import { openScene } from './scene.ts';

/** A page that keeps what its browser complains of and asks for. */
const visit = async (t: Test, browser: Browser, url: string, options: BrowserContextOptions = {}) => {
  const context = await browser.newContext(options);
  t.teardown(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
  page.on('request', (request) => requests.push(request.url()));
  await page.addInitScript(() => {
    (globalThis as unknown as EventTarget).addEventListener('securitypolicyviolation', (event) => {
      // biome-ignore lint/suspicious/noConsole: this is how the test hears of it
      console.error(`CSP: ${(event as Event & { violatedDirective?: string }).violatedDirective}`);
    });
  });
  await page.goto(url);
  return { page, complaints, requests };
};

const textOf = async (page: Page, selector: string): Promise<string> =>
  (await page.locator(selector).textContent()) ?? '';

t.test('the status page', { timeout: 280_000, ...needsChromium }, async (t) => {
  const browser = await openBrowser();
  t.teardown(() => browser.close());
  const scene = await openScene(t, 'well');

  await t.test('without a script: every fact is there', async (t) => {
    const { page, complaints } = await visit(t, browser, `${scene.url}/`, { javaScriptEnabled: false });
    t.match(await textOf(page, '#verdict'), /All 3 links are up/);
    t.match(await textOf(page, '#links'), /fibre[\s\S]*up[\s\S]*2 of 2 targets answer/);
    t.match(await textOf(page, '#policies'), /default[\s\S]*fibre 75%[\s\S]*dsl 25%/);
    t.match(await textOf(page, '#history'), /link fibre inet: up -> down \(carrier-down\)/);
    t.equal(
      await page.locator('#plots figure svg polyline').count(),
      8,
      'a line each, and one more where it was out',
    );
    t.equal(await page.locator('noscript meta[http-equiv=refresh]').count(), 1);
    await page.getByRole('link', { name: 'last month' }).click();
    t.match(page.url(), /range=month$/);
    t.equal(await page.locator('nav [aria-current=true]').textContent(), 'last month');
    t.strictSame(complaints, []);
  });

  await t.test('for those who hear it: headings, tables, names', async (t) => {
    const { page } = await visit(t, browser, `${scene.url}/`, { viewport: { width: 390, height: 844 } });
    const table = page.getByRole('table');
    t.equal(await table.getByRole('rowheader').count(), 3, 'also where it looks like no table');
    t.strictSame(await table.getByRole('columnheader').allTextContents(), [
      'Link',
      'Health',
      'Since',
      'Why',
      'Share',
      'Loss',
      'RTT',
      'Available',
    ]);
    t.equal(await page.getByRole('heading', { level: 1 }).count(), 1);
    t.match(
      await page.getByRole('img').first().getAttribute('aria-label'),
      /fibre → gateway, last hour: loss .*, median/,
    );
    t.equal(await page.getByRole('status').textContent(), 'All 3 links are up');
  });

  await t.test('contrast, light and dark; nothing beside the screen of a telephone', async (t) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await visit(t, browser, `${scene.url}/`, {
        colorScheme,
        viewport: { width: 390, height: 844 },
      });
      const worst = await page.evaluate(`(() => {
        const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
        const light = ([r, g, b]) => { const f = (v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; };
          return .2126 * f(r) + .7152 * f(g) + .0722 * f(b); };
        let worst = { ratio: 21, text: '' };
        for (const element of document.querySelectorAll('body *')) {
          const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
          if (!own || element.closest('.unseen, noscript, svg, thead')) continue;
          let under = element;
          let ground = [0, 0, 0, 0];
          while (under && (ground = parse(getComputedStyle(under).backgroundColor))[3] === 0) under = under.parentElement;
          const [a, b] = [light(parse(getComputedStyle(element).color)), light(ground)];
          const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
          if (ratio < worst.ratio) worst = { ratio, text: element.textContent.slice(0, 40) };
        }
        return worst;
      })()`);
      const { ratio, text } = worst as { ratio: number; text: string };
      t.ok(ratio >= 4.5, `${colorScheme}: the least contrast is ${ratio.toFixed(2)}: ${text}`);
      t.equal(await page.evaluate('document.documentElement.scrollWidth'), 390, colorScheme);
    }
  });

  await t.test('with a script it is live', async (t) => {
    const { page, complaints, requests } = await visit(t, browser, `${scene.url}/?range=hour`);
    await page.locator('#live.live').waitFor();
    await page.getByText('Not used: lte').click();
    scene.router.setCarrier('em1', false);
    await scene.run(2000);
    await page.getByRole('heading', { name: 'fibre is down' }).waitFor();
    t.match(await textOf(page, '#verdict'), /New connections go by dsl\.[\s\S]*check the cable of em1/);
    t.match(await textOf(page, '#links'), /no carrier on em1/);
    t.match(await textOf(page, '#history'), /policy default inet: fibre 75% dsl 25% -> dsl 100%/);
    t.match(await page.title(), /^fibre is down/);
    t.match(await page.locator('#icon').getAttribute('href'), /icon-unsure/);
    t.equal(await page.locator('#policies details[open]').count(), 1, 'what was opened stays open');
    for (const nic of ['em2', 'em3']) scene.router.setCarrier(nic, false);
    await scene.run(2000);
    await page.getByRole('heading', { name: 'No link works' }).waitFor();
    t.match(await textOf(page, '#verdict'), /refused/);
    t.strictSame(complaints, [], 'neither errors nor violations');
    t.ok(
      requests.every((url) => url.startsWith(`${scene.url}/`)),
      'nothing is asked of anybody else',
    );
    t.ok(
      requests.some((url) => url.endsWith('/page.js')) && requests.some((url) => url.includes('/events?')),
    );
  });

  await t.test('the policy does bite', async (t) => {
    const { page, complaints } = await visit(t, browser, `${scene.url}/`);
    await page.evaluate(
      `document.body.insertAdjacentHTML('beforeend', '<img src="https://example.org/x.png"><p style="color:red">x</p>')`,
    );
    while (complaints.filter((each) => each.startsWith('error: CSP')).length < 2)
      await new Promise((resolve) => setTimeout(resolve, 5));
    t.match(complaints.join('\n'), /CSP: img-src/);
    t.match(complaints.join('\n'), /CSP: style-src/);
  });
});
