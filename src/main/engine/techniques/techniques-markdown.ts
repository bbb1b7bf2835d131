import type { TechniqueInfo } from '@shared/recipe';
import { orderMarkdown } from './order-table';
import { parameterRows } from './parameter-rows';

/** docs/techniques.md, made from the registry; a test fails when the committed page differs. */
export function techniquesMarkdown(techniques: readonly TechniqueInfo[]): string {
  const sections = techniques.map((technique) => {
    const rows = parameterRows(technique).map(
      ({ name, allowed, fallback, help }) => `| \`${name}\` | ${allowed} | ${fallback} | ${help} |`,
    );
    const table =
      rows.length > 0
        ? `| parameter | allowed | default | meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}`
        : 'No parameters.';
    const needs = technique.needs.length > 0 ? ` Needs ${technique.needs.join(' and ')} images.` : '';
    return `## \`${technique.id}\`: ${technique.title}\n\n${technique.summary} Family: ${technique.family}.${needs}\n\n${table}\n`;
  });
  return `# Techniques\n\nMade from the registry by \`npm run docs\`; do not edit.\n\n${sections.join('\n')}\n${orderMarkdown()}`;
}
