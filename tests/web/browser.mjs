// One headless Chromium for tests and screenshots: the system's own, quiet towards the network.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const PLACES = [process.env.SALVOR_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export function browserPath() {
  return PLACES.find((place) => place && existsSync(place)) ?? null;
}

export function startBrowser() {
  const executablePath = browserPath();
  if (!executablePath) throw new Error('No Chromium found; install the package chromium, or name one in SALVOR_CHROMIUM.');
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run',
      '--disable-domain-reliability', '--no-pings', '--disable-dev-shm-usage',
    ],
  });
}
