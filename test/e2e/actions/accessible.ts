import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** Nothing that axe knows is wrong with what the window shows now. @param except rules that this place does not keep yet */
export async function expectAccessible(window: Page, except: string[] = []): Promise<void> {
  const rules = Object.fromEntries(except.map((rule) => [rule, { enabled: false }]));
  const { violations } = await new AxeBuilder({ page: window })
    // The other mode opens a second page, which Electron does not have.
    .setLegacyMode(true)
    .options({ rules: { 'label-content-name-mismatch': { enabled: true }, ...rules } })
    .analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  expect(found).toEqual([]);
}
