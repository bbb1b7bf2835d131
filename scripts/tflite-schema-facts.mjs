// node scripts/tflite-schema-facts.mjs PATH/ai_edge_litert/schema_py_generated.py
// Writes test/fixtures/tflite-schema-facts.json: ids, sizes and defaults of the fields as the module has them that flatc made of the public
// schema (PyPI: ai-edge-litert). A test holds the table in formats/tflite/schema to it.
import { readFileSync, writeFileSync } from 'node:fs';

const source = readFileSync(process.argv[2], 'utf8');
const all = (pattern) => [...source.matchAll(pattern)].map(([, ...groups]) => groups);

const tables = Object.fromEntries(all(/^def (\w+)Start\(builder\):/gm).map(([table]) => [table, []]));
const longestFirst = Object.keys(tables).sort((a, b) => b.length - a.length);
const tableOf = (name, verb) => longestFirst.find((table) => name.startsWith(table + verb));
const elementBytes = new Map(all(/^def (\w+)Vector\(builder, numElems\):\n {4}return builder\.StartVector\((\d+), /gm));

const upper = (name) => name[0].toUpperCase() + name.slice(1);
const slot = /^def (\w+)\(builder, (\w+)\):\n {4}builder\.Prepend(\w+)Slot\((\d+), .+, (-?[\w.]+)\)$/gm;
for (const [name, field, kind, id, fallback] of all(slot)) {
  const table = tableOf(name, 'Add');
  const vector = elementBytes.get(`${table}Start${upper(field)}`);
  const type = kind === 'UOffsetTRelative' ? (vector ? `vector${vector}` : 'offset') : kind.toLowerCase();
  tables[table].push(`${id} ${field} ${type} ${Number(fallback === 'True' ? 1 : fallback)}`);
}

const enumerations = Object.fromEntries(
  all(/^class (\w+)\(object\):\n((?: {4}\w+ = -?\d+\n)+)/gm).map(([name, lines]) => [
    name,
    lines
      .trim()
      .replaceAll(/\s*=\s*(-?\d+)\s*/g, '=$1 ')
      .trim(),
  ]),
);
const joined = Object.fromEntries(Object.entries(tables).map(([table, fields]) => [table, fields.join(', ')]));
writeFileSync(
  new URL('../test/fixtures/tflite-schema-facts.json', import.meta.url),
  `${JSON.stringify({ tables: joined, enumerations }, null, 2)}\n`,
);
