import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeTechniques } from '../../src/main/engine/techniques/registry';
import { techniquesMarkdown } from '../../src/main/engine/techniques/techniques-markdown';

test('docs/techniques.md is what the registry says (npm run docs makes it)', () => {
  const page = readFileSync(new URL('../../docs/techniques.md', import.meta.url), 'utf8');
  expect(page).toBe(techniquesMarkdown(describeTechniques()));
});
