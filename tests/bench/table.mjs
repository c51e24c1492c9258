// table LINES OUT: turns the benchmarks' JSON lines into build/bench.json and a table. ours and theirs are medians over rounds in the unit given; ratio is
// ours/theirs (below 1: we are faster); n counts single measurements; spread is the middle half of our rounds, relative to the median.
import { readFileSync, writeFileSync } from 'node:fs';

const [lines, out] = process.argv.slice(2);
const results = readFileSync(lines, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
for (const result of results) {
  for (const key of ['name', 'unit', 'ours', 'theirs', 'ratio', 'n', 'spread']) {
    if (result[key] === undefined) throw new Error(`a benchmark's line lacks ${key}: ${JSON.stringify(result)}`);
  }
}
writeFileSync(out, `${JSON.stringify(results, null, 2)}\n`);
console.log(`${'ours'.padStart(12)} ${'theirs'.padStart(12)} ${'ratio'.padStart(7)} ${'n'.padStart(6)} ${'spread'.padStart(7)}  what`);
for (const { name, unit, ours, theirs, ratio, n, spread } of results) {
  const value = (number) => `${number} ${unit}`.padStart(12);
  console.log(`${value(ours)} ${value(theirs)} ${ratio.toFixed(2).padStart(7)} ${String(n).padStart(6)} ${`${Math.round(spread * 100)} %`.padStart(7)}  ${name}`);
}
