// Symbol stores keep files as CAB archives: salvor-stackwalk unpacks them into its cache, and says so where it cannot.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { cabinet, moduleDump } from '../server/symbol_files.mjs';

const DATA = path.join(path.dirname(fileURLToPath(import.meta.url)), '../data/symbols');
const PDB = fs.readFileSync(path.join(DATA, 'plain-x64.pdb'));
const ID = '506DD4D554C735364C4C44205044422E1';

// A folder with a dump and a symbol store that holds only the archive.
function prepare(t, archive) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'salvor-archives-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const place = path.join(folder, 'symbols', 'plain-x64.pdb', ID);
  fs.mkdirSync(place, { recursive: true });
  fs.writeFileSync(path.join(place, 'plain-x64.pd_'), archive);
  fs.writeFileSync(path.join(folder, 'a.dmp'), moduleDump());
  return folder;
}

function walk(folder, args = ['--symbols-cache', path.join(folder, 'cache')]) {
  const done = spawnSync(process.env.SALVOR_STACKWALK, ['--json', '--symbols', path.join(folder, 'symbols'), ...args, path.join(folder, 'a.dmp')],
    { encoding: 'utf8', maxBuffer: 1 << 26 });
  assert.equal(done.status, 0, done.stderr);
  const report = JSON.parse(done.stdout);
  return { top: report.crashing_thread.frames[0].function, symbols: report.salvor.modules[0].symbols };
}

test('frames_when_the_store_has_an_archive_are_named_from_it', (t) => {
  const folder = prepare(t, cabinet('../../whatever', PDB));
  assert.equal(walk(folder).top, 'plain_sum');
  assert.equal(walk(folder).top, 'plain_sum');
  assert.deepEqual(fs.readdirSync(path.join(folder, 'cache')).sort(),
    [`pdb-plain-x64.pdb-${ID.toLowerCase()}.table`, `pdb-plain-x64.pdb-${ID.toLowerCase()}.unpacked`]);
});

test('frames_when_there_is_no_cache_to_unpack_into_say_so', (t) => {
  const { top, symbols } = walk(prepare(t, cabinet('x', PDB)), []);
  assert.equal(top, null);
  assert.equal(symbols.state, 'malformed');
  assert.match(symbols.why, /CAB archive, and there is no cache folder/);
});

test('frames_when_the_archive_is_damaged_or_of_another_build_have_no_names', (t) => {
  const other = Buffer.from(PDB);
  const at = other.indexOf(Buffer.from('d5d46d50c7543635', 'hex'));
  other[at] ^= 0xff;
  const whole = cabinet('x', PDB);
  for (const [archive, why] of [[whole.subarray(0, whole.length - 100), /damaged CAB/], [cabinet('x', other), /another build/],
    [cabinet('x', PDB, { files: 2 }), /number of files/], [Buffer.from('MSCF'), /damaged CAB/]]) {
    const { top, symbols } = walk(prepare(t, archive));
    assert.equal(top, null);
    assert.match(symbols.why, why);
  }
});
