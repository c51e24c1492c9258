// Requests as other servers' code takes them apart, written after that code's rules.
import assert from 'node:assert/strict';
import zlib from 'node:zlib';
import { partsOf } from './server.mjs';

const bodyOf = request => request.headers['content-encoding'] === 'gzip' ? zlib.gunzipSync(request.body) : request.body;

// Relay's get_indexes: what stands in the brackets of `sentry[a][b]`; null where anything but a bracket stands between them.
function indexesOf(name) {
  const found = [];
  let state = 'starting', from = 0;
  for (let at = 0; at < name.length; at++) {
    const c = name[at];
    if (state === 'inside') {
      if (c !== ']') continue;
      found.push(name.slice(from, at));
      state = 'between';
    } else if (c === '[') {
      from = at + 1;
      state = 'inside';
    } else if (state === 'between') {
      return c === '=' ? found : null;
    }
  }
  return found;
}

// Sentry: Relay's minidump endpoint, multipart items and merge_formdata. What has a filename is an attachment whose kind its field's name
// tells; form fields make the event, where the first of a name stays; unknown fields are extra data.
export function relay(request) {
  const event = {}, attachments = {}, kinds = { upload_file_minidump: 'minidump', '__sentry-event': 'event', '__sentry-breadcrumb1': 'breadcrumbs',
    '__sentry-breadcrumb2': 'breadcrumbs', 'view-hierarchy.json': 'view hierarchy' };
  for (const part of partsOf(request.headers['content-type'], bodyOf(request))) {
    if (part.filename !== undefined) {
      assert.notEqual(part.filename, 'sentry_replay_recording');
      attachments[part.name] ??= { ...part, kind: kinds[part.name] ?? 'attachment' };
      continue;
    }
    assert.ok(part.name !== 'sentry' && !part.name.startsWith('sentry__'), 'a field that is read as JSON');
    const keys = part.name.startsWith('sentry[') ? indexesOf(part.name) : ['extra', part.name];
    assert.ok(keys?.length && keys.length <= 15, `${part.name} is passed over`);
    let at = event;
    for (const key of keys.slice(0, -1)) at = at[key] ??= {};
    at[keys.at(-1)] ??= new TextDecoder().decode(part.content);
  }
  const dump = attachments.upload_file_minidump;
  assert.ok(dump, 'missing minidump');
  const magics = ['MDMP', 'PMDM'];
  assert.ok(magics.includes(dump.content.subarray(0, 4).toString('latin1')), 'invalid minidump'); // no archive of ours lies inside
  if (event.event_id !== undefined) assert.match(event.event_id, /^[0-9a-f]{32}$/);
  const { pathname, searchParams: query } = new URL(request.path, 'http://x');
  const project = /^\/api\/(\d+)\/minidump\/?$/.exec(pathname)?.[1];
  return { event, attachments, project, key: query.get('sentry_key') };
}

// Socorro: Antenna's extract_payload over Python's cgi.FieldStorage, where a part without Content-Type is text/plain and one with a filename
// holds bytes. Bytes are a dump, an application/json part all annotations, the rest annotations; a name that comes later wins.
export function antenna(request) {
  const type = request.headers['content-type'].split(/;(.*)/s).map(part => part.trim());
  assert.equal(type[0], 'multipart/form-data', 'wrong_content_type');
  assert.ok(type[1]?.startsWith('boundary='), 'no_boundary');
  assert.ok(Number(request.headers['content-length']) > 0, 'no_content_length');
  assert.equal(request.headers['transfer-encoding'], undefined);
  const crash = {}, dumps = {};
  for (const part of partsOf(request.headers['content-type'], bodyOf(request))) {
    const kind = part.headers.find(header => /^content-type:/i.test(header))?.split(':')[1].trim() ?? 'text/plain';
    assert.ok(!kind.startsWith('application/json'), 'has_json_and_kv');
    if (part.name === 'dump_checksums') continue;
    if (kind.startsWith('application/octet-stream') || part.filename !== undefined) {
      assert.match(part.name, /^[A-Za-z0-9_]{1,30}$/, 'sanitize_dump_name would change it');
      dumps[part.name] = part.content;
    } else {
      crash[part.name] = part.content.toString();
    }
  }
  assert.ok(Object.keys(crash).length, 'no_annotations');
  return { crash, dumps };
}

// mini-breakpad-server: formidable on the bytes as they came, with nothing inflated. Its boundary ends at the first semicolon, a part's name
// and filename are found by regular expressions, and a part without a filename is a field.
export function breakpad(request) {
  assert.equal(request.headers['content-encoding'], undefined);
  const boundary = /boundary=(?:"([^"]+)"|([^;]+))/i.exec(request.headers['content-type'])[2];
  const fields = {}, files = {};
  for (const part of partsOf(`multipart/form-data; boundary=${boundary}`, request.body)) {
    const disposition = `form-data; name="${part.name}"${part.filename === undefined ? '' : `; filename="${part.filename}"`}`;
    const name = /\bname=("([^"]*)"|([^()<>@,;:\\"/[\]?={}\s\t]+))/i.exec(disposition)[2];
    const filename = /\bfilename=("(.*?)"|([^()<>@,;:\\"/[\]?={}\s\t]+))($|;\s)/i.exec(disposition)?.[2];
    assert.equal(name, part.name);
    if (filename === undefined) fields[name] = part.content.toString();
    else files[name] = { ...part, filename: filename.slice(filename.lastIndexOf('\\') + 1) };
  }
  assert.ok(files.upload_file_minidump?.filename, 'Invalid breakpad upload');
  return { product: fields.prod, version: fields.ver, fields, files };
}

// BugSplat: PHP's $_POST and $_FILES under its default settings. Blanks, dots and opening brackets in names become underscores, the last of
// a name stays, and of files only the first twenty are looked at.
export function php(request) {
  const fields = {}, files = {};
  let fileCount = 0;
  for (const part of partsOf(request.headers['content-type'], bodyOf(request))) {
    const name = part.name.replace(/[ .[]/g, '_');
    if (part.filename === undefined) fields[name] = part.content.toString();
    else if (++fileCount <= 20) files[name] = part;
  }
  assert.ok(Object.keys(fields).length <= 1000);
  return { fields, files };
}

// A form as most servers read it: no name twice.
export function form(request) {
  const fields = {}, files = {};
  for (const part of request.parts) {
    const into = part.filename === undefined ? fields : files;
    assert.ok(!(part.name in fields) && !(part.name in files), `${part.name} comes twice`);
    into[part.name] = part.filename === undefined ? part.content.toString() : part;
  }
  return { fields, files, query: Object.fromEntries(new URL(request.path, 'http://x').searchParams) };
}
