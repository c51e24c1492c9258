// Requests as other servers' code takes them apart, written after that code's rules.
import assert from 'node:assert/strict';
import zlib from 'node:zlib';
import { partsOf } from './server.mjs';

// Sentry: Relay's minidump endpoint and merge_formdata. Form fields make the event, files are attachments, unknown fields are extra data.
export function relay(request) {
  const event = {}, attachments = {};
  const plain = request.headers['content-encoding'] === 'gzip' ? zlib.gunzipSync(request.body) : request.body;
  for (const part of partsOf(request.headers['content-type'], plain)) {
    if (part.filename !== undefined) {
      attachments[part.name] = part;
      continue;
    }
    const keys = part.name.startsWith('sentry[') ? [...part.name.matchAll(/\[([^\]]*)\]/g)].map(match => match[1]) : ['extra', part.name];
    let at = event;
    for (const key of keys.slice(0, -1)) at = at[key] ??= {};
    at[keys.at(-1)] = part.content.toString();
  }
  assert.ok(attachments.upload_file_minidump, 'missing minidump');
  assert.equal(attachments.upload_file_minidump.content.subarray(0, 4).toString(), 'MDMP');
  const query = new URL(request.path, 'http://x').searchParams;
  const project = /^\/api\/(\d+)\/minidump\/?$/.exec(new URL(request.path, 'http://x').pathname)?.[1];
  return { event, attachments, project, key: query.get('sentry_key') };
}

// Socorro: Antenna's extract_payload. An octet-stream part is a dump, an application/json part all annotations, the rest annotations.
export function antenna(request) {
  const [kind, boundary] = request.headers['content-type'].split(/;\s*/);
  assert.equal(kind, 'multipart/form-data');
  assert.ok(boundary.startsWith('boundary='));
  assert.ok(Number(request.headers['content-length']) > 0);
  const plain = request.headers['content-encoding'] === 'gzip' ? zlib.gunzipSync(request.body) : request.body;
  const crash = {}, dumps = {};
  for (const part of partsOf(request.headers['content-type'], plain)) {
    const type = part.headers.find(header => /^content-type:/i.test(header))?.split(':')[1].trim() ?? 'text/plain';
    assert.ok(!type.startsWith('application/json'));
    if (type.startsWith('application/octet-stream')) dumps[part.name] = part.content;
    else crash[part.name] = part.content.toString();
  }
  return { crash, dumps };
}

// mini-breakpad-server: formidable on the bytes as they came, with nothing inflated.
export function breakpad(request) {
  assert.equal(request.headers['content-encoding'], undefined);
  const fields = {}, files = {};
  for (const part of partsOf(request.headers['content-type'], request.body)) {
    if (part.filename === undefined) fields[part.name] = part.content.toString();
    else files[part.name] = part;
  }
  assert.ok(files.upload_file_minidump?.filename, 'Invalid breakpad upload');
  return { product: fields.prod, version: fields.ver, fields, files };
}

// A form as PHP and most others read it: no name twice.
export function form(request) {
  const fields = {}, files = {};
  for (const part of request.parts) {
    const into = part.filename === undefined ? fields : files;
    assert.ok(!(part.name in fields) && !(part.name in files), `${part.name} comes twice`);
    into[part.name] = part.filename === undefined ? part.content.toString() : part;
  }
  return { fields, files, query: Object.fromEntries(new URL(request.path, 'http://x').searchParams) };
}
