// Notes: what a client sends that is no crash. They are taken, once each, and make no report and no group.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as h from './harness.mjs';

const noteId = (number) => `0b4f4ba2-93a5-4d2a-8f44-6f3f1a2d${String(number).padStart(4, '0')}`;
const record = (facts) => h.field('salvor_record', Object.entries({ format: 1, ...facts }).map(([key, value]) => `${key}=${value}\n`).join(''));

test('note_when_it_is_a_comment_or_counts_of_sessions_then_taken_and_no_report', async (t) => {
  const server = await h.startServer(t);
  const client = await h.signIn(server);
  const comment = { id: noteId(1), kind: 'comment', app: 'app.exe', comment_of: noteId(9), comment: 'the hatch' };
  const first = await h.postForm(server, [record(comment)]);
  assert.equal(first.status, 200, first.text);
  assert.ok(h.text(first).includes(noteId(1)), h.text(first)); // a note is known by its sender's id alone
  const again = await h.postForm(server, [record(comment)]);
  assert.equal(again.status, 200, again.text);
  const sessions = { id: noteId(2), kind: 'sessions', app: 'app.exe', version: '1.2', sessions_started: 5, sessions_clean: 4, sessions_crashed: 1 };
  assert.equal((await h.postForm(server, [record(sessions)])).status, 200);
  assert.equal((await client.get('/projects/default/overview?range=all')).json.total, 0);
  assert.deepEqual((await client.get('/projects/default/groups?range=all')).json.items, []);
});

test('note_when_it_comes_with_a_dump_then_an_ordinary_report', async (t) => {
  const server = await h.startServer(t);
  const client = await h.signIn(server);
  const response = await h.postForm(server, [record({ id: noteId(3), kind: 'comment', app: 'app.exe' }), h.dumpPart(h.realDump('access-violation.dmp'))]);
  assert.equal(response.status, 200, response.text);
  assert.equal((await client.get('/projects/default/overview?range=all')).json.total, 1);
});
