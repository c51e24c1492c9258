// options.test.mjs - docs/configuration.md says of every option what --help says. SALVOR_UPDATE_DOCS=1 writes its tables anew instead.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { collectorProgram } from './support.mjs';

const page = fileURLToPath(new URL('../../docs/configuration.md', import.meta.url));
const bin = path.dirname(collectorProgram);

/** Rows of --help: `  --name METAVAR   text (default X)`. */
function optionsOf(command) {
  const [program, ...words] = command.split(' ');
  const { status, stdout } = spawnSync(path.join(bin, program), [...words, '--help'], { encoding: 'utf8' });
  assert.equal(status, 0, command);
  const rows = [...stdout.matchAll(/^ {2}--(\S+)(?: (\S+))? +(\S.*?)(?: \(default ([^)]*)\))?$/gm)];
  assert.ok(rows.length > 2, stdout);
  return rows.map(([, name, metavar, help, value]) => ({ name, metavar, help, value }));
}

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

function tableOf(options) {
  const rows = options.map(({ name, metavar, help, value }) => `| \`${name}\` | ${metavar ?? 'yes or no'} | ${value ?? ''} | ${cell(help)} |`);
  return ['| name | value | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

/** The page with each marker's table as it should be. Doctor has the collector's options too: only its own are listed. */
function renewed(text) {
  const collectors = new Set(optionsOf('salvor-collector run').map(({ name }) => name));
  return text.replace(/(<!-- (salvor-[^>]+) -->\n)(?:\n?\|[^\n]*\n(?:\|[^\n]*\n)*)?/g, (whole, marker, command) => {
    const own = optionsOf(command).filter(({ name }) => !command.endsWith(' doctor') || !collectors.has(name));
    return `${marker}${tableOf(own)}\n`;
  });
}

test('configuration.md when compared with --help then every option stands there as it is', () => {
  const text = fs.readFileSync(page, 'utf8');
  const expected = renewed(text);
  if (process.env.SALVOR_UPDATE_DOCS) fs.writeFileSync(page, expected);
  else assert.equal(text, expected, 'docs/configuration.md is behind --help: SALVOR_UPDATE_DOCS=1 node --test tests/collector/options.test.mjs');
  assert.equal([...expected.matchAll(/<!-- salvor-/g)].length, 6);
});
