// The same reports as a person sees them: headless Chromium signs in by the form and opens the pages.
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { crashingFrames, frameText, shortReasonOf, versionOf } from './report.mjs';

// tests/web holds the one copy of playwright-core.
const require = createRequire(new URL('../web/package.json', import.meta.url));

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

function browserPath() {
  const found = [process.env.SALVOR_CHROMIUM, ...BROWSERS].find((file) => file && existsSync(file));
  if (!found) throw new Error('no Chromium was found: install the package chromium, or name one in SALVOR_CHROMIUM');
  return found;
}

/** Opens a browser, hands its page to use(), and closes it. */
export async function withPage(use) {
  const { chromium } = require('playwright-core');
  const browser = await chromium.launch({
    executablePath: browserPath(),
    // Chromium refuses its sandbox to root; the pages are our own.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(20_000);
    await use(page);
  } finally {
    await browser.close();
  }
}

export async function signIn(page, base, { user, password }) {
  await page.goto(base);
  await page.locator('input[autocomplete="username"]').fill(user);
  await page.locator('input[type="password"]').fill(password);
  await page.keyboard.press('Enter');
  await page.locator('input[type="password"]').waitFor({ state: 'detached' });
}

async function mustShow(page, what, text) {
  try {
    await page.getByText(text).filter({ visible: true }).first().waitFor();
  } catch {
    const shown = (await page.locator('body').innerText()).replace(/\s+/g, ' ').slice(0, 600);
    throw new Error(`${page.url()} does not show the ${what} ${text}; it shows: ${shown}`);
  }
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A reason as the pages put it: by its constant, or as "Fast fail NAME", or in words. */
function reasonPattern(reason) {
  const name = reason.replace(/^EXCEPTION_/, '');
  const words = { EXCEPTION_ACCESS_VIOLATION_WRITE: 'Wrote to' }[reason];
  const fastFail = reason.startsWith('FAST_FAIL_') ? `Fast fail\\s+${escaped(reason.slice('FAST_FAIL_'.length))}` : null;
  return new RegExp([escaped(name), words, fastFail].filter(Boolean).join('|'));
}

/** Opens the list and each report by a click, as a person would, and checks what stands there. */
export async function checkReports(page, base, project, reports, screenshots) {
  await page.goto(`${base}/p/${project}/reports`);
  for (const report of reports) await mustShow(page, 'reason', reasonPattern(shortReasonOf(report)));
  if (screenshots) await page.screenshot({ path: `${screenshots}/reports.png` });
  for (const report of reports) {
    await page.locator(`a[href^="/reports/${report.id}"]`).first().click();
    await mustShow(page, 'reason', reasonPattern(shortReasonOf(report)));
    const [top] = crashingFrames(report);
    if (top) await mustShow(page, 'frame', frameText(top));
    await mustShow(page, 'version', new RegExp(`\\b${escaped(versionOf(report))}\\b`));
    if (screenshots) await page.screenshot({ path: `${screenshots}/report-${report.id}.png` });
    await page.goBack();
  }
}
