import type { Fact } from '@shared/presenter/manifest-facts';
import { escapeHtml } from './escape-html';
import type { ReportTable } from './report-table';
import type { Said } from './said-of-trials';

/** A table of texts; nothing where it has no rows. Its head is repeated on every page. */
export function plainTable({ heads, rows, numbers = [] }: ReportTable): string {
  if (rows.length === 0) return '';
  const side = (column: number): string => (numbers.includes(column) ? ' class="number"' : '');
  // A figure is never broken in two.
  const cellText = (text: string, column: number): string => (numbers.includes(column) ? escapeHtml : breakable)(text);
  const head = heads.map((text, column) => `<th scope="col"${side(column)}>${escapeHtml(text)}</th>`).join('');
  const lines = rows.map((cells) => {
    const [first = '', ...rest] = cells;
    const others = rest.map((text, index) => `<td${side(index + 1)}>${cellText(text, index + 1)}</td>`).join('');
    return `<tr><th scope="row">${breakable(first)}</th>${others}</tr>`;
  });
  return `<table class="plain"><thead><tr>${head}</tr></thead><tbody>${lines.join('')}</tbody></table>`;
}

/** Names with their values. */
export function factsTable(facts: readonly Fact[]): string {
  if (facts.length === 0) return '';
  const lines = facts.map(
    ({ name, value }) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
  );
  return `<table class="facts"><tbody>${lines.join('')}</tbody></table>`;
}

/** Sentences, each with what it holds for. */
export function saidList(said: readonly Said[]): string {
  if (said.length === 0) return '';
  const lines = said.map(
    ({ sentence, of }) =>
      `<li>${escapeHtml(sentence)}${of === undefined ? '' : `<small>${escapeHtml(of)}</small>`}</li>`,
  );
  return `<ul class="notes">${lines.join('')}</ul>`;
}

/** Long steps and names of nodes break after a sign, not inside a word. */
export function breakable(text: string): string {
  return escapeHtml(text).replaceAll(/[{,:./](?=\S)/g, '$&<wbr>');
}
