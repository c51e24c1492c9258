// row: prints one line for table.mjs. "theirs" is a number: the other side's median, or the limit that the project has set itself.
const at = (values, part) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
};

export const median = (values) => at(values, 0.5);

export function say(name, unit, values, theirs) {
  const ours = median(values);
  const spread = (at(values, 0.75) - at(values, 0.25)) / (ours || 1);
  console.log(JSON.stringify({ name, unit, ours, theirs, ratio: ours / theirs, n: values.length, spread }));
}
