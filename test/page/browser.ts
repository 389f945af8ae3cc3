/** A headless Chromium for the page's tests and pictures: Debian's, driven by playwright-core. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const EXECUTABLE = '/usr/bin/chromium';

/** Where CI runs it must be there; elsewhere its absence is said. */
export const needsChromium =
  existsSync(EXECUTABLE) || process.env['CI'] === 'true'
    ? {}
    : { skip: 'chromium is not installed; try: apt-get install chromium' };

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
