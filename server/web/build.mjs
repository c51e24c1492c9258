// Bundles src/ into dist/: hashed scripts and styles under assets/, and an index.html that names them.
// Everything a page needs is in dist/; nothing is fetched from another host.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(root, 'dist');

async function emitHashed(source) {
  const bytes = await readFile(path.join(root, source));
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 8).toUpperCase();
  const { name, ext } = path.parse(source);
  const file = `assets/${name}-${hash}${ext}`;
  await writeFile(path.join(dist, file), bytes);
  return `/${file}`;
}

await rm(dist, { recursive: true, force: true });
await mkdir(path.join(dist, 'assets'), { recursive: true });

const result = await build({
  absWorkingDir: root,
  entryPoints: { app: 'src/main.tsx' },
  outdir: 'dist/assets',
  entryNames: '[name]-[hash]',
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2021', 'chrome100', 'firefox100', 'safari15.4'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});

const output = Object.keys(result.metafile.outputs);
const asset = (ext) => `/${path.posix.relative('dist', output.find((file) => file.endsWith(ext)))}`;
const template = await readFile(path.join(root, 'index.html'), 'utf8');
const page = template
  .replace('%ICON%', await emitHashed('favicon.svg'))
  .replace('%STYLE%', asset('.css'))
  .replace('%SCRIPT%', asset('.js'));
await writeFile(path.join(dist, 'index.html'), page);

for (const [file, { bytes }] of Object.entries(result.metafile.outputs)) {
  console.log(`${file}  ${(bytes / 1024).toFixed(1)} KiB`);
}
