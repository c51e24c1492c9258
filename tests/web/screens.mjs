// Screenshots of every page with ugly data, for looking at: `npm run screens -- FOLDER [NAME...]`.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { startBrowser } from './browser.mjs';
import { startMock } from './mock/server.mjs';

const [folder, ...only] = process.argv.slice(2);
if (!folder) {
  console.error('usage: node screens.mjs FOLDER [NAME...]');
  process.exit(2);
}
await mkdir(folder, { recursive: true });
const mock = await startMock();
const browser = await startBrowser();
const id = (index) => mock.reports[index].id;

const VIEWS = {
  'sign-in': { path: '/', out: true },
  overview: { path: '/p/ugly/overview?range=30d' },
  'overview-7d': { path: '/p/ugly/overview', act: (page) => page.hover('.day-chart', { position: { x: 400, y: 90 } }).catch(() => {}) },
  'overview-million': { path: '/p/million/overview?range=90d' },
  'overview-quiet': { path: '/p/quiet/overview' },
  'first-start': { path: '/p/first/overview' },
  groups: { path: '/p/ugly/groups', act: async (page) => { for (const _ of [1, 2]) await page.keyboard.press('j'); } },
  'groups-million': { path: '/p/million/groups?sort=count' },
  'groups-none': { path: '/p/ugly/groups?q=nothing%20like%20this' },
  'groups-slow': { path: '/p/slow/groups' },
  group: { path: '/p/ugly/groups/g00001' },
  'group-tags': { path: '/p/ugly/groups/g00010' },
  reports: { path: '/p/ugly/reports' },
  'reports-quiet': { path: '/p/quiet/reports' },
  report: { path: `/reports/${id(0)}` },
  'report-plain': { path: `/reports/${id(4)}` },
  'report-fastfail': { path: `/reports/${id(2)}` },
  'report-waiting': { path: `/reports/${id(3)}` },
  'report-failed': { path: `/reports/${id(5)}` },
  'report-registers': { path: `/reports/${id(0)}?tab=registers` },
  'report-modules': { path: `/reports/${id(0)}?tab=modules` },
  'report-annotations': { path: `/reports/${id(0)}?tab=annotations` },
  'report-attachments': { path: `/reports/${id(0)}?tab=attachments` },
  'report-system': { path: `/reports/${id(0)}?tab=system` },
  'report-raw': { path: `/reports/${id(0)}?tab=raw` },
  'report-missing': { path: '/reports/00000000-0000-7000-8000-000000000000' },
  'report-slow': { path: '/reports/slow' },
  forbidden: { path: '/p/forbidden/overview' },
  broken: { path: '/p/broken/reports' },
  missing: { path: '/nowhere/at/all' },
  keys: { path: '/p/ugly/groups', act: (page) => page.keyboard.press('?') },
  menu: { path: '/p/ugly/overview', act: (page) => page.click('.project-button') },
};

const LOOKS = [
  { name: '1280-light', width: 1280, height: 800, scheme: 'light' },
  { name: '1280-dark', width: 1280, height: 800, scheme: 'dark' },
  { name: '390-light', width: 390, height: 844, scheme: 'light' },
];

for (const look of LOOKS) {
  const context = await browser.newContext({ viewport: { width: look.width, height: look.height }, colorScheme: look.scheme });
  const page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && !/status of (401|403|404|503)/.test(message.text()) && console.log(`${look.name}: ${message.text()}`));
  page.on('pageerror', (error) => console.log(`${look.name}: ${error}`));
  for (const [name, view] of Object.entries(VIEWS)) {
    if (only.length && !only.includes(name)) continue;
    if (view.out) mock.signOut();
    else mock.signIn();
    await page.goto(mock.origin + view.path);
    await page.waitForFunction(() => document.querySelector('main') && (location.pathname.includes('slow') || !document.querySelector('[aria-busy=true], .bone')));
    await view.act?.(page);
    await page.waitForTimeout(350); // the hover box and short fades
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) console.log(`${look.name} ${name}: ${wide} px too wide`);
    await page.screenshot({ path: path.join(folder, `${name}-${look.name}.png`) });
  }
  await context.close();
}
await browser.close();
mock.stop();
