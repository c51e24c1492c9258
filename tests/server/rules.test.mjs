// A project's own signature rules: tried on its reports, then in force for those to come, and for no other project's.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { HERE, dumpPart, idOf, postForm, processed, run, signIn, startServer } from './harness.mjs';
import { moduleDump } from './symbol_files.mjs';

const DATA = path.join(HERE, '../data/symbols');
const title = (report) => report.processed.salvor.signature.title;

async function rules(server, ...args) {
  const done = await run(['rules', ...args, '--data', server.data]);
  return { ...done, text: `${done.stdout}${done.stderr}` };
}

async function serverWithReport(t) {
  const server = await startServer(t, { args: ['--symbols', DATA] });
  const client = await signIn(server);
  const post = async (seed) => processed(client, idOf(await postForm(server, [dumpPart(moduleDump({ seed }))])));
  return { server, post, first: await post(1) };
}

test('try_when_rules_pass_a_function_over_then_it_shows_what_would_change_and_changes_nothing', async (t) => {
  const { server, post, first } = await serverWithReport(t);
  const file = path.join(server.data, 'mine.rules');
  writeFileSync(file, '# ours\nirrelevant header_clamp\n');
  assert.equal(title(first), 'header_clamp');
  const tried = await rules(server, 'try', 'default', file, '--symbols', DATA);
  assert.equal(tried.status, 0, tried.text);
  assert.match(tried.stdout, new RegExp(`^${first.id}\n  now   header_clamp\n  then  thrice_and_more\n1 reports tried, 1 would be signed otherwise, 0 could not`));
  assert.equal(title(await post(2)), 'header_clamp');
  assert.ok(!existsSync(path.join(server.data, 'rules')));
});

test('set_when_rules_are_good_then_later_reports_are_signed_by_them_until_cleared', async (t) => {
  const { server, post } = await serverWithReport(t);
  const file = path.join(server.data, 'mine.rules');
  writeFileSync(file, 'irrelevant header_clamp\n');
  assert.equal((await rules(server, 'set', 'default', file)).status, 0);
  assert.equal((await rules(server, 'show', 'default')).stdout, 'irrelevant header_clamp\n');
  assert.equal(title(await post(2)), 'thrice_and_more');
  writeFileSync(file, 'irrelevant header_clamp\nirrelevant thrice_and_more\n');
  assert.equal((await rules(server, 'set', 'default', file)).status, 0);
  assert.equal(title(await post(3)), 'plain_sum');
  assert.equal((await rules(server, 'clear', 'default')).status, 0);
  assert.equal(title(await post(4)), 'header_clamp');
  assert.match((await rules(server, 'show', 'default')).stdout, /built-in rules alone/);
});

test('set_when_rules_project_or_usage_are_wrong_then_refused_with_the_reason', async (t) => {
  const server = await startServer(t);
  const file = path.join(server.data, 'bad.rules');
  writeFileSync(file, 'irrelevant ok\nprefix (unclosed\n');
  const bad = await rules(server, 'set', 'default', file);
  assert.equal(bad.status, 1);
  assert.match(bad.stderr, /bad\.rules: line 2/);
  assert.equal((await rules(server, 'try', 'default', file)).status, 1);
  const missing = await rules(server, 'show', 'nobody');
  assert.equal(missing.status, 1);
  assert.match(missing.stderr, /there is no project "nobody"/);
  assert.equal((await rules(server, 'set', 'default')).status, 2);
});
