// The pages against the real server: real dumps go in by HTTP, a real browser reads what came of them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFile } from 'node:fs/promises';
import { startBrowser } from './browser.mjs';
import { lowContrast, overflow, settled, unnamed, watch } from './inspect.mjs';
import { dumpBytes, startServer, upload } from './server.mjs';

const SENTENCE = 'Wrote to 0x10 in crash.exe+0x16e9, thread 0x24, shop 2.4.1, Windows 6.1.7601 Service Pack 1';

let server;
let browser;
let page;
let problems;
let reports;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, permissions: ['clipboard-read', 'clipboard-write'] });
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  problems = await watch(page, server.origin);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const go = async (path) => {
  await page.goto(server.origin + path);
  await settled(page);
};

/** Looks again and again until the server has processed the report; the test's own limit ends a wait in vain. */
const processed = async (id) => {
  for (;;) {
    const answer = await page.request.get(`${server.origin}/api/v1/reports/${id}`);
    if ((await answer.json()).state === 'processed') return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

const signIn = async (password) => {
  await page.getByLabel('Name').fill('admin');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
};

const PAGES = () => [
  '/p/default/overview', '/p/default/groups', `/p/default/groups/${reports.group}`, '/p/default/reports',
  ...['stack', 'registers', 'modules', 'annotations', 'attachments', 'system', 'raw'].map((tab) => `/reports/${reports.access}?tab=${tab}`),
];

test('sign_in_when_password_is_wrong_says_so', async () => {
  await page.goto(`${server.origin}/p/default/groups`);
  await signIn('not the password');
  await page.getByText('do not fit together').waitFor();
});

test('sign_in_when_right_goes_on_where_one_was', async () => {
  await signIn(server.password);
  await page.getByRole('heading', { name: /^Groups/ }).waitFor();
  assert.match(page.url(), /\/p\/default\/groups$/);
});

test('overview_when_nothing_came_yet_waits_and_then_shows_the_first_crash', async () => {
  await go('/');
  await page.getByRole('heading', { name: 'Waiting for your first crash' }).waitFor();
  assert.deepEqual(await lowContrast(page), []);
  assert.deepEqual(await unnamed(page), []);
  const record = { id: '5f1c2f8e-91aa-5d27-b9a7-3e4f3f7b1c10', app: 'shop.exe', version: '2.4.1', layer: 'monitor', source: 'veh', 'annotation.channel': 'beta', 'annotation.note': 'قيمة <b>x</b>' };
  const attachments = [{ name: 'settings.ini', bytes: Buffer.from('[view]\nzoom=2\n') }];
  reports = { access: await upload(server, 'access-violation.dmp', { record, fields: { prod: 'shop', ver: '2.4.1' }, attachments }) };
  await page.getByRole('heading', { name: 'Newest groups' }).waitFor();
  await page.getByRole('link', { name: /crash\.exe!\+0x16e9/ }).waitFor();
  assert.match(await page.locator('.figures').innerText(), /1\s*crash/);
});

test('groups_when_more_reports_came_list_each_with_its_reason', { timeout: 60_000 }, async () => {
  reports.fastFail = await upload(server, 'fast-fail.dmp', { record: { app: 'shop.exe', version: '2.4.0', layer: 'localdumps' } });
  reports.divide = await upload(server, 'divide.dmp');
  for (const id of [reports.fastFail, reports.divide]) await processed(id);
  await go('/p/default/groups');
  const rows = page.getByRole('table', { name: 'Groups' }).getByRole('row');
  assert.equal(await rows.count(), 4);
  const text = await page.getByRole('table').innerText();
  for (const part of ['ACCESS_VIOLATION_WRITE', 'FAST_FAIL_FATAL_APP_EXIT', 'INT_DIVIDE_BY_ZERO', 'crash.exe!+0x16e9', 'fastfail FATAL_APP_EXIT']) assert.ok(text.includes(part), `${part} is missing in ${text}`);
});

test('groups_when_a_header_is_clicked_are_sorted_by_it', async () => {
  const titles = () => page.locator('tbody .c-signature').allInnerTexts();
  await page.getByRole('button', { name: 'Signature' }).click();
  await page.waitForURL(/sort=signature/);
  await page.locator('th.c-signature[aria-sort=ascending]').waitFor();
  await settled(page);
  const up = await titles();
  await page.getByRole('button', { name: 'Signature' }).click();
  await page.waitForURL(/order=desc/);
  await page.waitForFunction((first) => document.querySelector('tbody .c-signature').innerText !== first, up[0]);
  assert.deepEqual(await titles(), up.reverse());
});

test('keys_when_pressed_move_open_and_go_back', async () => {
  await go('/p/default/groups?sort=signature');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  const first = await page.locator('tbody tr').first().locator('a').getAttribute('href');
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('href')), first);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Best stack' }).waitFor();
  assert.ok(page.url().includes('/groups/'), page.url());
  await page.keyboard.press('u');
  await page.getByRole('heading', { name: /^Groups/ }).waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' }).catch(() => page.getByRole('dialog').waitFor({ state: 'hidden' }));
  await page.keyboard.press('/');
  await page.waitForFunction(() => document.activeElement?.getAttribute('name') === 'q');
});

test('search_when_it_matches_one_group_shows_only_that', async () => {
  await page.keyboard.type('0x16e2');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=0x16e2/);
  await page.waitForFunction(() => document.querySelectorAll('tbody tr[data-row-box]').length === 1);
  assert.match(await page.locator('tbody').innerText(), /INT_DIVIDE_BY_ZERO/);
});

test('search_when_given_a_report_id_opens_the_report', async () => {
  await page.keyboard.press('/');
  await page.keyboard.type(reports.access);
  await page.keyboard.press('Enter');
  await page.waitForURL(new RegExp(`/reports/${reports.access}`));
});

test('report_when_opened_says_in_words_what_happened', async () => {
  await go(`/reports/${reports.access}`);
  assert.equal((await page.getByRole('heading', { level: 1 }).innerText()).replace(/\s+/g, ' '), SENTENCE);
  await page.getByText('dumped from outside by the monitor').waitFor();
  const group = await page.locator('.fact-group a').getAttribute('href');
  reports.group = /groups\/([^?]+)/.exec(group)[1];
});

test('report_stack_when_frames_are_guessed_says_how', async () => {
  const frames = page.getByRole('list', { name: 'Stack of thread 0x24' }).getByRole('listitem');
  assert.match(await frames.first().innerText(), /crash\.exe\s*\+0x16e9/);
  assert.doesNotMatch(await frames.first().innerText(), /scan/);
  assert.match(await frames.nth(1).innerText(), /scan/);
  await page.locator('details.thread summary').first().click();
  await page.locator('details.thread .frame-line').first().waitFor();
});

test('report_tabs_when_opened_hold_registers_modules_annotations_and_files', async () => {
  const open = async (name) => {
    await page.getByRole('tab', { name }).click();
    return (await page.getByRole('tabpanel').innerText()).replace(/\s+/g, ' ');
  };
  const registers = await open('Registers');
  assert.match(registers, /rip 0x00000001400016e9 crash\.exe\+0x16e9/);
  assert.match(registers, /rax 0x0000000000000010/);
  const modules = await open('Modules');
  assert.equal(await page.getByRole('table', { name: 'Loaded modules' }).getByRole('row').count(), 9);
  assert.match(modules, /crash\.exe 3\.1\.4\.159/);
  assert.match(modules, /6B0484473f000/);
  const annotations = await open('Annotations');
  assert.match(annotations, /channel beta/);
  assert.ok(annotations.includes('قيمة <b>x</b>'), annotations);
  assert.match(await open('Attachments'), /settings\.ini 14 B/);
  const system = await open('System');
  assert.match(system, /EXCEPTION_ACCESS_VIOLATION_WRITE/);
  assert.match(system, /amd64/);
  assert.match(await open('Raw JSON'), /"default"/);
});

test('report_dump_when_downloaded_has_the_bytes_that_were_sent', async () => {
  const download = async (link) => {
    const [file] = await Promise.all([page.waitForEvent('download'), link.click()]);
    return readFile(await file.path());
  };
  const dump = await download(page.getByRole('link', { name: /^Dump/ }));
  assert.ok(dump.equals(await dumpBytes('access-violation.dmp')), `${dump.length} bytes came back`);
  await page.getByRole('tab', { name: 'Attachments' }).click();
  const attachment = await download(page.getByRole('link', { name: 'Download settings.ini' }));
  assert.equal(attachment.toString(), '[view]\nzoom=2\n');
});

test('report_stack_when_copied_as_markdown_can_be_pasted', async () => {
  await page.getByRole('button', { name: 'Copy the stack' }).click();
  await page.getByRole('menuitem', { name: 'As Markdown' }).click();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.ok(text.startsWith(`**${SENTENCE}**\n`), text);
  assert.match(text, /```\nThread 0x24 \(crashed\)\n 0 {2}crash\.exe\+0x16e9\n/);
  assert.ok(text.includes(`(${server.origin}/reports/${reports.access})`), text);
});

test('report_when_of_a_fast_fail_names_it', async () => {
  await go(`/reports/${reports.fastFail}`);
  assert.match(await page.getByRole('heading', { level: 1 }).innerText(), /^Fast fail FATAL_APP_EXIT in .*shop 2\.4\.0/);
  await page.getByText('found in its LocalDumps folder').waitFor();
});

test('report_when_id_is_unknown_says_so', async () => {
  await page.goto(`${server.origin}/reports/00000000-0000-7000-8000-000000000000`);
  await page.getByRole('heading', { name: 'This report is not here' }).waitFor();
  problems.splice(0, problems.length, ...problems.filter((problem) => !problem.includes('404')));
});

for (const scheme of ['light', 'dark']) {
  test(`pages_when_${scheme}_can_be_read_and_have_names`, async () => {
    await page.emulateMedia({ colorScheme: scheme });
    for (const path of PAGES()) {
      await go(path);
      const background = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      assert.equal(background === 'rgb(255, 255, 255)', scheme === 'light', `${path}: ${background}`);
      assert.deepEqual(await lowContrast(page), [], `${path}: too little contrast`);
      assert.deepEqual(await unnamed(page), [], `${path}: without a name`);
    }
    await page.emulateMedia({ colorScheme: null });
  });
}

test('report_when_nobody_wrote_a_dump_says_how_it_ended_and_shows_no_stack', async () => {
  const record = { id: '11111111-2222-5333-8444-555555555555', app: 'gone.exe', version: '3.1', layer: 'exit-watcher', exit_code: '0xc0000409' };
  const id = await upload(server, null, { record });
  await processed(id);
  await go(`/reports/${id}`);
  assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'Ended with STATUS_STACK_BUFFER_OVERRUN, leaving no dump, gone 3.1');
  await page.getByText('There is no dump, so there is no stack').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Copy stack' }).count(), 0);
  await page.getByRole('tab', { name: 'Annotations' }).click();
  await page.getByText('0xc0000409').waitFor();
});

test('pages_when_390_pixels_wide_do_not_scroll_sideways', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  for (const path of PAGES()) {
    await go(path);
    assert.ok((await overflow(page)) <= 0, `${path} is too wide`);
    assert.ok(await page.getByRole('navigation', { name: 'Sections' }).isVisible());
  }
  await page.setViewportSize({ width: 1280, height: 800 });
});

test('account_when_signed_out_is_out', async () => {
  await go('/p/default/overview');
  await page.getByRole('button', { name: 'Account of admin' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  const answer = await page.request.get(`${server.origin}/api/v1/session`);
  assert.equal(answer.status(), 401);
});

test('pages_in_all_of_this_kept_to_themselves', () => {
  assert.deepEqual(problems, []);
});
