import { describe, expect, it } from 'vitest';
import { passedOver, scalarBytes, type Field } from '../../../../src/main/engine/formats/flatbuffer/schema';
import { modelSchema } from '../../../../src/main/engine/formats/tflite/schema/model-schema';
import { builtinOperators, optionsOf } from '../../../../src/main/engine/formats/tflite/schema/operators';
import facts from '../../../fixtures/tflite-schema-facts.json';

/** What flatc made of the public schema: "id name type default" a field. */
const generated = new Map(Object.entries(facts.tables));
const enumerations = facts.enumerations as Record<string, string>;
const { definition, tables } = modelSchema;

const namesOf = (enumeration: string): string[] =>
  enumerations[enumeration]!.split(' ').map((entry, index) => {
    expect(entry).toMatch(new RegExp(`=${index}$`));
    return entry.split('=')[0]!;
  });

function lines({ id, name, type, fallback }: Field): string[] {
  const offset = (what: string): string => `${id} ${name} ${what} 0`;
  if (type.kind === 'union') return [`${id - 1} ${name}Type uint8 0`, offset('offset')];
  if (type.kind === 'scalar') return [`${id} ${name} ${type.scalar} ${fallback}`];
  if (type.kind !== 'vector') return [offset('offset')];
  return [offset(`vector${type.of.kind === 'scalar' ? scalarBytes[type.of.scalar] : 4}`)];
}

describe('the table of the schema', () => {
  it.each([...tables.keys()])('%s has the ids, types and defaults of the generated module', (table) => {
    const there = (generated.get(table) ?? 'no such table').split(', ').filter(Boolean);
    const ours = tables.get(table)!.flatMap(lines);
    expect(there).toEqual(expect.arrayContaining(ours));
    // Options have all their fields but those that are said to be passed over; of other tables more are left out.
    const written: Record<string, string> = definition.tables[table as keyof typeof definition.tables] ?? {};
    const kept = there.filter((line) => written[line.split(' ')[1]!] !== passedOver);
    if (table.endsWith('Options')) expect(ours).toEqual(kept);
  });

  it.each(Object.keys(definition.enumerations))('%s has the names of the generated module', (enumeration) => {
    expect(definition.enumerations[enumeration as keyof typeof definition.enumerations].names).toEqual(
      namesOf(enumeration),
    );
  });

  it.each(Object.keys(definition.unions))('%s has the members of the generated module', (union) => {
    expect(['NONE', ...definition.unions[union as keyof typeof definition.unions]]).toEqual(namesOf(union));
  });

  it('gives every operator a table of options that is in the union', () => {
    expect(builtinOperators).toHaveLength(210);
    for (const table of optionsOf.values()) if (table) expect(definition.unions.BuiltinOptions).toContain(table);
    // And none is left over.
    const used = new Set(optionsOf.values());
    expect(definition.unions.BuiltinOptions.filter((table) => !used.has(table))).toEqual([]);
  });
});
