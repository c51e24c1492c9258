// The pages under data and troubles that a real server does not show on demand: the mock's. Nothing here replaces pages.test.mjs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBrowser } from './browser.mjs';
import { lowContrast, overflow, settled, unnamed, watch } from './inspect.mjs';
import { startMock } from './mock/server.mjs';

let mock;
let browser;
let context;
let page;
let problems;

before(async () => {
  mock = await startMock();
  mock.signIn();
  browser = await startBrowser();
  context = await browser.newContext({ viewport: { width: 1280, height: 800 }, acceptDownloads: true });
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  problems = await watch(page, mock.origin, { statuses: ['403', '404', '503', 'offline'] });
});

after(async () => {
  await browser?.close();
  mock?.stop();
});

const go = async (path) => {
  await page.goto(mock.origin + path);
  await settled(page);
};

const report = (index, tab = 'stack') => `/reports/${mock.reports[index].id}?tab=${tab}`;

const PATHS = () => [
  '/p/ugly/overview?range=90d', '/p/million/overview?range=90d', '/p/quiet/overview', '/p/ugly/groups', '/p/million/groups', '/p/quiet/groups',
  '/p/ugly/groups/g00001', '/p/ugly/groups/g00010', '/p/ugly/reports', '/p/forbidden/groups', '/p/broken/reports', '/nowhere',
  report(0), report(0, 'registers'), report(0, 'modules'), report(0, 'annotations'), report(0, 'attachments'), report(0, 'system'), report(0, 'raw'),
  report(3), report(4), report(5),
];

for (const scheme of ['light', 'dark']) {
  test(`ugly_data_when_${scheme}_can_be_read_and_has_names`, async () => {
    await page.emulateMedia({ colorScheme: scheme });
    for (const path of PATHS()) {
      await go(path);
      assert.deepEqual(await lowContrast(page), [], `${path}: too little contrast`);
      assert.deepEqual(await unnamed(page), [], `${path}: without a name`);
    }
  });
}

for (const width of [320, 390, 720, 1024]) {
  test(`ugly_data_when_${width}_pixels_wide_does_not_scroll_sideways`, async () => {
    await page.setViewportSize({ width, height: 800 });
    for (const path of PATHS()) {
      await go(path);
      assert.ok((await overflow(page)) <= 0, `${path} is ${await overflow(page)} pixels too wide`);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  });
}

test('four_hundred_threads_when_filtered_leave_the_right_one', async () => {
  await go(report(0));
  assert.equal(await page.locator('details.thread').count(), 399);
  assert.equal(await page.locator('.frames').count(), 1, 'folded threads build no frames');
  await page.getByLabel('Filter threads').fill('خيط');
  assert.equal(await page.locator('details.thread').count(), 1);
  await page.getByRole('button', { name: 'Open all' }).click();
  assert.ok((await page.locator('details.thread .frame-line').count()) > 3);
});

test('frame_when_functions_were_inlined_shows_them_above_it_innermost_first', async () => {
  await go(report(0));
  const lines = page.locator('.frames').first().locator('.frame-line');
  const texts = (await lines.allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim());
  assert.match(texts[2], /^std::vector<T>::operator\[\] vector:1123 inlined$/);
  assert.match(texts[3], /^render::Cache<T>::at cache\.h:88 inlined$/);
  assert.match(texts[4], /^2 /, 'the function that has the frame carries its number');
});

test('long_name_when_cut_is_copied_and_searched_whole', async () => {
  await go('/p/ugly/groups?sort=count');
  const name = page.locator('tbody .long-name', { hasText: '_Do_call' }).first();
  const whole = mock.groups[1].title;
  assert.ok(whole.length > 280);
  const shown = await name.evaluate((element) => {
    const selection = getSelection();
    selection.selectAllChildren(element);
    const head = element.querySelector('.long-name-head');
    return { text: selection.toString(), cut: head.scrollWidth > head.clientWidth, tail: element.querySelector('.long-name-tail').textContent };
  });
  assert.equal(shown.text, whole);
  assert.ok(shown.cut, 'the head gives way');
  assert.equal(shown.tail, '::_Do_call');
  await page.evaluate(() => getSelection().removeAllRanges());
  await name.hover();
  await page.getByRole('tooltip').getByText('_Func_impl_no_alloc').waitFor();
});

test('time_when_hovered_shows_utc_and_local', async () => {
  await page.locator('tbody time').first().hover();
  const tip = page.getByRole('tooltip');
  await tip.getByText('UTC').first().waitFor();
  assert.match(await tip.innerText(), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\n\d{4}-\d\d-\d\d \d\d:\d\d:\d\d local \(UTC[+−]\d\d:\d\d\)$/);
});

test('list_when_paged_goes_on_and_back_and_keeps_its_place_in_the_address', async () => {
  await go('/p/ugly/groups');
  await page.getByText('1–50 of 120').waitFor();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByText('51–100 of 120').waitFor();
  assert.match(page.url(), /cursor=50/);
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByText('101–120 of 120').waitFor();
  assert.ok(await page.getByRole('button', { name: 'Next' }).isDisabled());
  await page.getByRole('button', { name: 'Previous' }).click();
  await page.getByText('51–100 of 120').waitFor();
  await page.getByRole('button', { name: 'Previous' }).click();
  await page.getByText('1–50 of 120').waitFor();
  await page.goBack();
  await page.getByText('51–100 of 120').waitFor();
});

test('range_when_chosen_stands_in_the_address_and_goes_along', async () => {
  await go('/p/ugly/overview');
  await page.getByRole('radio', { name: 'last 90 days' }).check();
  await page.waitForURL(/range=90d/);
  await page.getByText('last 90 days', { exact: false }).first().waitFor();
  await page.getByRole('link', { name: 'Groups', exact: true }).click();
  await page.waitForURL(/groups\?range=90d/);
});

test('export_when_chosen_saves_the_rows_shown', async () => {
  await go('/p/ugly/groups?sort=count');
  await page.getByRole('button', { name: 'Export the rows shown' }).click();
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: 'JSON' }).click()]);
  const chunks = [];
  for await (const chunk of await file.createReadStream()) chunks.push(chunk);
  const rows = JSON.parse(Buffer.concat(chunks).toString());
  assert.equal(rows.length, 50);
  assert.equal(rows[0].signature, mock.groups[1].title);
  assert.equal(rows[0].reports, mock.groups[1].count);
});

test('back_when_a_row_was_opened_returns_to_the_same_place', async () => {
  await go('/p/ugly/reports');
  await page.evaluate(() => window.scrollTo(0, 600));
  await page.locator('tbody tr').nth(24).locator('a').click();
  await page.waitForURL(/\/reports\/.{36}/);
  await settled(page);
  assert.equal(await page.evaluate(() => window.scrollY), 0);
  await page.goBack();
  await settled(page);
  await page.waitForFunction(() => Math.abs(window.scrollY - 600) < 3);
});

test('chart_when_hovered_or_keyed_reads_one_day', async () => {
  await go('/p/ugly/overview?range=30d');
  const chart = page.locator('.day-chart');
  await chart.hover({ position: { x: 500, y: 100 } });
  await page.locator('.day-note').waitFor();
  await page.mouse.move(5, 5);
  await page.locator('.day-note').waitFor({ state: 'detached' });
  await chart.focus();
  await page.keyboard.press('End');
  assert.match(await page.locator('.day-note').innerText(), /\d+ crashes/);
});

test('forbidden_when_met_is_said_in_words', async () => {
  await page.goto(`${mock.origin}/p/forbidden/overview`);
  await page.getByRole('heading', { name: 'You may not see the overview' }).waitFor();
});

test('server_error_when_met_says_what_the_server_said', async () => {
  await page.goto(`${mock.origin}/p/broken/reports`);
  await page.getByText('The database is locked by a migration.').waitFor();
  await page.getByRole('button', { name: 'Try again' }).waitFor();
});

test('connection_when_lost_is_said_and_what_was_shown_stays', async () => {
  await go('/p/ugly/overview');
  await context.setOffline(true);
  await page.getByRole('link', { name: 'Reports', exact: true }).click();
  await page.getByText('No connection to the server').waitFor();
  await page.getByRole('heading', { name: 'The server cannot be reached' }).waitFor();
  await page.getByRole('link', { name: 'Overview', exact: true }).click();
  await page.getByRole('heading', { name: 'Newest groups' }).waitFor();
  await context.setOffline(false);
  await page.getByRole('link', { name: 'Reports', exact: true }).click();
  await page.getByRole('table', { name: 'Reports' }).waitFor();
  await page.getByText('No connection to the server').waitFor({ state: 'detached' });
});

test('session_when_it_ends_asks_and_goes_on_where_one_was', async () => {
  await go('/p/ugly/groups');
  mock.signOut();
  await page.locator('tbody tr').first().locator('a').click();
  await page.getByText('Your session has ended').waitFor();
  await page.getByLabel('Name').fill('admin');
  await page.getByLabel('Password').fill('secret');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Best stack' }).waitFor();
});

test('pages_in_all_of_this_kept_to_themselves', () => {
  assert.deepEqual(problems, []);
});
