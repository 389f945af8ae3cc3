/** Makes the pictures of the status page in docs/: node --import=tsx test/page/screenshots.ts */
import { join } from 'node:path';
import { openBrowser } from './browser.ts';
import { openScene } from './scene.ts';

const docs = join(import.meta.dirname, '../../docs');
const ends: (() => unknown)[] = [];
const scene = await openScene({ teardown: (end: () => unknown) => ends.push(end) } as never, 'trouble');
const browser = await openBrowser();
const pictures = [
  { name: 'page', width: 1280, height: 900, colorScheme: 'light', path: '/' },
  { name: 'page-dark', width: 1280, height: 900, colorScheme: 'dark', path: '/?range=day' },
  { name: 'page-phone', width: 390, height: 844, colorScheme: 'dark', path: '/' },
] as const;
for (const { name, width, height, colorScheme, path } of pictures) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  await page.goto(`${scene.url}${path}`);
  await page.locator('#live.live').waitFor();
  await page.screenshot({ path: join(docs, `${name}.png`) });
  await page.close();
}
await browser.close();
for (const end of ends) await end();
