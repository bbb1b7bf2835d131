import { expect, test } from '@playwright/test';
import type { SearchRecord } from '@shared/search-state';
import { expectAccessible } from './actions/accessible';
import { ask, getRun } from './actions/bridge';
import { launchApp } from './actions/launch';
import { look } from './actions/look';

test('"Find the best" searches from the window, tells how far it is, and shows the confirmed answer', async () => {
  test.setTimeout(600_000);
  const launched = await launchApp();
  const { window } = launched;
  try {
    await window.getByTestId('template-starter').or(window.getByTestId('template-starter-empty')).first().click();
    await expect(window.getByTestId('plan-trials')).toContainText('21');

    await window.getByTestId('find-best-open').click();
    const form = window.getByTestId('find-best');
    await expect(form).toBeVisible();
    for (const network of ['mobilenetv2-starter', 'resnet-starter'])
      await form.getByTestId(`search-model-${network}`).click();
    await form.getByLabel('Most to lose').fill('10');
    await form.getByRole('radio', { name: 'Smallest' }).click();
    await form.getByTestId('search-target').selectOption('');
    await look(launched, 'find-best-form');
    await expectAccessible(window);
    await window.getByTestId('start-search').click();
    await expect(form).toBeHidden();

    // The matrix of the candidates opens by itself, and fills.
    await expect(window.getByTestId('active-search')).toBeVisible({ timeout: 60_000 });
    await expect(window.getByTestId('search-under-way')).toContainText('Smallest so far', { timeout: 300_000 });
    await expect(window.getByTestId('search-trials')).not.toHaveText('0');
    await look(launched, 'find-best-busy');
    await expectAccessible(window);
    await window.getByTestId('finish-search').click();

    await window.getByTestId('show-answer').click({ timeout: 240_000 });
    const found = window.getByTestId('search-found');
    await expect(window.getByTestId('winner-size')).toContainText(/Smallest.*MB.*top-1.*10 points lost/s);
    const run = new URL(window.url().replace('#', '')).pathname.split('/').at(-1)!;
    const { answer } = await ask<SearchRecord>(window, 'search.record', { run });
    expect(answer!.runs.confirmation).toBe(run);
    const [winner] = answer!.winners;
    await expect(window.getByTestId('winner-size')).toContainText(winner!.recipe);
    await found.getByText('Stricter and looser').click();
    await expect(found.getByRole('row')).toHaveCount(1 + answer!.front.length);
    await look(launched, 'find-best-answer');
    await expectAccessible(window);

    await window.getByTestId('star-winner').click();
    await expect
      .poll(async () => (await getRun(window, run)).trials.find(({ starred }) => starred)?.id)
      .toBe(`${winner!.model}/${winner!.name}`);

    // A note is kept while it is written, and what was there before can be brought back.
    await found.getByRole('table').getByRole('button', { name: winner!.recipe }).first().click();
    const noteOf = async (): Promise<string | undefined> =>
      (await getRun(window, run)).trials.find(({ id }) => id === `${winner!.model}/${winner!.name}`)?.note;
    await window.getByTestId('trial-note').fill('ships on Monday');
    await expect.poll(noteOf).toBe('ships on Monday');
    await window.getByTestId('undo-note').click();
    await expect.poll(noteOf).toBeUndefined();
  } finally {
    await launched.close();
  }
});
