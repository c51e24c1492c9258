// https: only to a server that proves who it is, with TLS 1.2 or later, and never back to http.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import tls from 'node:tls';
import { historyOf, queue, queueArgs, scene, standing, start } from './harness.mjs';
import { answer } from './server.mjs';

const ok = answer(200, 'x');
const certs = fileURLToPath(new URL('certs/', import.meta.url));
const authority = path.join(certs, 'authority.pem');
const server = (name, options = {}) =>
  ({ tls: { key: fs.readFileSync(`${certs}key.pem`), cert: fs.readFileSync(`${certs}${name}.pem`), ...options } });

async function accepted(t, options) {
  const { dir, server: far } = await scene(t, ok, options);
  queue(dir);
  const result = await start(queueArgs(dir, far, '--ca-file', authority, '--key', 'k'));
  assert.equal(result.code, 0, result.stderr);
  assert.equal(far.requests.length, 1);
}

async function refused(t, options, pattern, args = ['--ca-file', authority]) {
  const { dir, server: far } = await scene(t, ok, options);
  queue(dir);
  const result = await start(queueArgs(dir, far, ...args));
  assert.equal(result.code, 3, result.stderr);
  assert.match(historyOf(dir), pattern);
  assert.deepEqual(standing(dir), { pending: ['app.exe-1700000000-1.dmp'] });
  assert.equal(far.requests.length, 0);
}

test('certificate of a trusted authority is accepted', t => accepted(t, server('good')));

test('TLS 1.2 is accepted', t => accepted(t, server('good', { maxVersion: 'TLSv1.2' })));

test('certificate of an unknown authority is refused', t => refused(t, server('good'), /certificate/i, []));

test('certificate that signs itself is refused', t => refused(t, server('self-signed'), /certificate/i));

test('certificate of another name is refused', t => refused(t, server('other-name'), /no alternative certificate subject name/));

test('certificate that has expired is refused', t => refused(t, server('expired'), /expired/));

test('certificate that is not valid yet is refused', t => refused(t, server('early'), /not yet valid/));

const revocations = ['--ca-file', authority, '--crl-file', `${certs}revoked-list.pem`];

test('certificate that was revoked is refused, where the list is given', t => refused(t, server('revoked'), /revoked/, revocations));

test('certificate that the list does not name is accepted', async t => {
  const { dir, server: far } = await scene(t, ok, server('good'));
  queue(dir);
  const result = await start(queueArgs(dir, far, ...revocations));
  assert.equal(result.code, 0, result.stderr);
});

test('list of revoked certificates that is missing: the report waits', t =>
  refused(t, server('good'), /no answer: .*CRL/i, ['--ca-file', authority, '--crl-file', '/none.pem']));

const old = { ciphers: 'DEFAULT@SECLEVEL=0' };

for (const [minVersion, maxVersion] of [['TLSv1', 'TLSv1'], ['TLSv1', 'TLSv1.1'], ['TLSv1.1', 'TLSv1.1']])
  test(`server that speaks ${minVersion} to ${maxVersion} is refused for its version`, t =>
    refused(t, server('good', { minVersion, maxVersion, ...old }), /no answer: .*(protocol version|unsupported protocol)/i));

test('server of those old versions does speak: another client reaches it', async t => {
  const { server: far } = await scene(t, ok, server('good', { minVersion: 'TLSv1', maxVersion: 'TLSv1', ...old }));
  const socket = tls.connect({ port: far.port, host: '127.0.0.1', rejectUnauthorized: false, minVersion: 'TLSv1', ...old });
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  assert.equal(socket.getProtocol(), 'TLSv1');
  socket.destroy();
});

test('redirect from https to http is refused', async t => {
  const { server: plain } = await scene(t, ok);
  const { dir, server: far } = await scene(t, answer(307, '', { Location: `http://127.0.0.1:${plain.port}/submit` }), server('good'));
  queue(dir);
  const result = await start(queueArgs(dir, far, '--ca-file', authority));
  assert.equal(result.code, 3, result.stderr);
  assert.match(historyOf(dir), /it leads away from https/);
  assert.equal(plain.connections, 0);
});

test('plain server behind an https address gets nothing', async t => {
  const { dir, server: far } = await scene(t, ok);
  queue(dir);
  const result = await start(['--queue', path.join(dir, 'queue'), '--url', far.url.replace('http:', 'https:'), '--connect-timeout', '3s']);
  assert.equal(result.code, 3, result.stderr);
  assert.equal(far.requests.length, 0);
});

const asking = server('good', { requestCert: true, rejectUnauthorized: true, ca: fs.readFileSync(authority) });

test('server that asks for a certificate gets it', async t => {
  const { dir, server: far } = await scene(t, ok, asking);
  queue(dir);
  const result = await start(queueArgs(dir, far, '--ca-file', authority, '--client-certificate', `${certs}good.pem`, '--client-key',
    `${certs}key.pem`));
  assert.equal(result.code, 0, result.stderr);
  assert.equal(far.requests.length, 1);
});

test('server that asks for a certificate and gets none: the report waits', t => refused(t, asking, /no answer/));

test('client certificate that is missing: the report waits', t =>
  refused(t, asking, /no answer: .*cert/i, ['--ca-file', authority, '--client-certificate', '/none.pem', '--client-key', `${certs}key.pem`]));
