// Windows programs in a Wine prefix of their own (tests/wine/run-wine does the work).
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from './child.mjs';

const runner = fileURLToPath(new URL('../wine/run-wine', import.meta.url));

export class Wine {
  constructor(prefix) {
    this.prefix = prefix;
  }

  /** A fresh prefix: nothing that an earlier run left in its registry can help this one. */
  async create() {
    rmSync(this.prefix, { recursive: true, force: true });
    rmSync(`${this.prefix}.lock`, { force: true });
    await this.run('Wine', ['cmd', '/c', 'exit'], 180_000);
  }

  start(name, args, options = {}) {
    return new Child(name, runner, args, { ...options, env: { SALVOR_WINEPREFIX: this.prefix, ...options.env } });
  }

  /** Runs a program to its end, which must be a good one. */
  async run(name, args, timeoutMs) {
    const child = this.start(name, args);
    const { code, error } = await child.end(timeoutMs);
    if (error || code !== 0) throw new Error(`${name} failed (${error?.message ?? `exit code ${code}`}): ${child.lines.join(' ')}`);
    return child.lines;
  }

  async importRegistry(file) {
    await this.run('regedit', ['regedit', '/S', windowsPath(file)], 60_000);
  }

  async registryValues(key) {
    return this.run('reg', ['reg', 'query', key, '/reg:64'], 60_000);
  }

  /** Ends everything that runs in this prefix, and nothing else. */
  stop() {
    spawnSync('wineserver', ['-k'], { env: { ...process.env, WINEPREFIX: this.prefix }, stdio: 'ignore' });
    spawnSync('wineserver', ['-w'], { env: { ...process.env, WINEPREFIX: this.prefix }, stdio: 'ignore', timeout: 20_000 });
  }
}

/** Wine shows the whole file system as drive Z:. */
export function windowsPath(file) {
  return `Z:${path.resolve(file).replaceAll('/', '\\')}`;
}
