import { cruise } from 'dependency-cruiser';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import config from '../../.dependency-cruiser.mjs';
import { rooms, roomsMarkdown } from '../../scripts/rooms.mjs';

const projectDir = join(import.meta.dirname, '..', '..');

/** The rules that a project of these files breaks. */
async function broken(files: Record<string, string>): Promise<string[]> {
  const baseDir = mkdtempSync(join(tmpdir(), 'rooms-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(baseDir, path)), { recursive: true });
      writeFileSync(join(baseDir, path), text);
    }
    const { output } = await cruise(['src'], { ruleSet: { forbidden: config.forbidden! }, validate: true, baseDir });
    if (typeof output === 'string') throw new Error(output);
    return [...new Set(output.summary.violations.map(({ rule }) => rule.name))].sort();
  } finally {
    rmSync(baseDir, { recursive: true, force: true });
  }
}

describe('rooms of the engine', () => {
  it('know only rooms above them', () => {
    rooms.forEach(({ room, knows }, position) => {
      const above = rooms.slice(0, position).map((other) => other.room);
      expect(
        knows.filter((known) => !above.includes(known)),
        room,
      ).toEqual([]);
    });
  });

  it('are shown in docs/architecture.md (npm run docs)', () => {
    expect(readFileSync(join(projectDir, 'docs', 'architecture.md'), 'utf8')).toContain(roomsMarkdown());
  });

  const engine = 'src/main/engine/';
  it.each([
    ['what the table allows', `${engine}techniques/a.ts`, '../onnx/b', []],
    ['a room below', `${engine}onnx/a.ts`, '../techniques/b', ['room-onnx']],
    ['a room within the same house', `${engine}compression/algebra/a.ts`, '../pruning/b', ['room-compression-algebra']],
    ['a folder that is no room', `${engine}sweep/a.ts`, '../odds/b', ['every-file-has-a-room', 'room-sweep']],
  ])('notice a line that imports %s', async (_what, path, target, rules) => {
    const imported = join(dirname(path), `${target}.ts`);
    expect(
      await broken({
        [path]: `import { b } from '${target}';\nexport const a = b;\n`,
        [imported]: 'export const b = 1;\n',
      }),
    ).toEqual(rules);
  });
});
