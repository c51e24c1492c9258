// rust.mjs HEADER RUST: whether docs/examples/salvor.rs declares what veh/salvor.h does: constants, struct fields in their order, functions
// with their parameters. Prints a line for each difference.
import { readFileSync } from 'node:fs';

const [header, rust] = process.argv.slice(2).map((path) => readFileSync(path, 'utf8'));
const plain = (text) => text.replace(/\/\*[^]*?\*\//g, ' ').replace(/\s+/g, ' ').trim();

const SCALARS = { uint32_t: 'u32', uint64_t: 'u64', size_t: 'usize', int: 'c_int', long: 'c_long', salvor_status: 'salvor_status' };
const POINTED = { char: 'c_char', void: 'c_void' };
const FILTER = 'Option<unsafe extern "C" fn(exception_pointers: *mut c_void, context: *mut c_void) -> c_int>';

/** "const char *key" or "char ret_id[37]" as Rust writes the type. */
function rustType(declaration) {
  const stars = (declaration.match(/\*|\[/g) ?? []).length;
  const isConst = /\bconst\b/.test(declaration);
  const name = /(?:const )?(\w+)/.exec(declaration)[1];
  let type = stars ? (POINTED[name] ?? SCALARS[name] ?? name) : SCALARS[name];
  for (let i = 0; i < stars; i += 1) type = `*${isConst && i === 0 ? 'const' : 'mut'} ${type}`;
  return type;
}

function headerConstants() {
  const lines = header.matchAll(/^#define (SALVOR_\w+)\s+\(?(-?(?:0x)?[0-9a-fA-F]+)(u?)\)?/gm);
  return [...lines].map(([, name, value]) => `const ${name} = ${value}`);
}

function rustConstants() {
  return [...rust.matchAll(/pub const (\w+): \w+ = (-?\w+);/g)].map(([, name, value]) => `const ${name} = ${value}`);
}

function headerFields() {
  const fields = [];
  for (const [, body, name] of header.matchAll(/typedef struct \w+ \{([^]*?)\} (\w+);/g)) {
    for (const declaration of plain(body).split(/;\s*/).filter(Boolean)) {
      if (declaration.includes('(')) {
        fields.push(`${name}.filter: ${FILTER}`);
        continue;
      }
      const [, type, list] = /^((?:const )?\w+) (.*)$/.exec(declaration);
      for (const item of list.split(/,\s*/)) {
        const [, star, field, , count] = /^(\*?)(\w+)(\[(\d+)\])?$/.exec(item);
        const single = rustType(`${type} ${star}`);
        fields.push(`${name}.${field}: ${count ? `[${single}; ${count}]` : single}`);
      }
    }
  }
  return fields;
}

function rustFields() {
  const fields = [];
  for (const [, name, body] of rust.matchAll(/pub struct (\w+) \{([^]*?)\n\}/g))
    for (const [, field, type] of body.matchAll(/pub (\w+): (.*),/g)) fields.push(`${name}.${field}: ${type}`);
  return fields;
}

function headerFunctions() {
  return [...header.matchAll(/^SALVOR_API (.*?)SALVOR_CALL (\w+)\((.*?)\);/gm)].map(([, result, name, list]) => {
    const parameters = list === 'void' ? [] : list.split(/,\s*/).map(rustType);
    const back = plain(result) === 'void' ? '' : ` -> ${rustType(result)}`;
    return `${name}(${parameters.join(', ')})${back}`;
  });
}

function rustFunctions() {
  const block = /extern "C" \{([^]*?)\n\}/.exec(rust)[1];
  return [...plain(block).matchAll(/pub fn (\w+)\((.*?)\)( -> [^;]+)?;/g)].map(([, name, list, back]) => {
    const parameters = list.split(/,\s*/).filter(Boolean).map((parameter) => parameter.replace(/^\w+: /, ''));
    return `${name}(${parameters.join(', ')})${back ?? ''}`;
  });
}

const wanted = [...headerConstants(), ...headerFields(), ...headerFunctions()];
const there = [...rustConstants(), ...rustFields(), ...rustFunctions()];
if (wanted.length < 80) console.log(`docs/examples/salvor.rs:1: only ${wanted.length} declarations were found in salvor.h: mend this check`);
for (const item of wanted) if (!there.includes(item)) console.log(`docs/examples/salvor.rs:1: lacks ${item}: salvor.h has it`);
for (const item of there) if (!wanted.includes(item)) console.log(`docs/examples/salvor.rs:1: has ${item}: salvor.h has not`);
const order = (items) => items.filter((item) => /^\w+\.\w+: /.test(item)).join('\n');
if (order(wanted) !== order(there)) console.log('docs/examples/salvor.rs:1: the fields of a struct stand in another order than in salvor.h');
