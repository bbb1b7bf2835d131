import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addressOf, views } from '../../../src/shared/views';

const folder = join(import.meta.dirname, '..', '..', '..', 'src', 'renderer', 'views');

describe('the table of views', () => {
  it('has a line for each file, and a file for each line', () => {
    const files = readdirSync(folder).map((file) => file.replace(/\.vue$/, ''));
    expect(views.map((view) => view.component).sort()).toEqual(files.sort());
  });

  it.each(['name', 'title', 'path', 'shortcut'] as const)('gives no %s twice', (field) => {
    const values = views.map((view) => view[field]);
    expect(new Set(values).size).toBe(views.length);
  });

  it.each(views)('$title opens at its own address, with an outline as its icon', (view) => {
    expect(addressOf(view)).toMatch(/^\/[a-z-]+$/);
    expect(view.icon).toMatch(/^M[\d.\s,A-Za-z-]+$/);
  });
});
