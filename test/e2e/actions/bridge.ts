import type { Page } from '@playwright/test';
import type { EngineInfo } from '@shared/contract';
import type { WindowBridge } from '@shared/shell-contract';
import type { RunSummary, RunView } from '@shared/run';
import type { SweepFile } from '@shared/sweep-file';

/** Asks the engine through the window's own bridge. */
export async function ask<T>(window: Page, name: string, input?: unknown): Promise<T> {
  const answer = await window.evaluate(
    ([endpoint, value]) => (globalThis as unknown as { whittle: WindowBridge }).whittle.call(endpoint, value),
    [name, input] as const,
  );
  if (!answer.ok) throw new Error(`${name}: ${answer.error.code} ${JSON.stringify(answer.error.facts)}`);
  return answer.value as T;
}

export const engineInfo = (window: Page): Promise<EngineInfo> => ask(window, 'engine.info');
export const startSweep = (window: Page, sweep: SweepFile): Promise<RunSummary> => ask(window, 'sweeps.start', sweep);
export const getRun = (window: Page, run: string, against?: string): Promise<RunView> =>
  ask(window, 'runs.get', { run, against });

/** Waits for a run to end; an engine that is being restarted meanwhile is asked again. */
export async function waitForRun(window: Page, run: string, timeoutMs: number): Promise<RunView> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const view = await getRun(window, run).catch((thrown: Error) => {
      if (/engine\.gone/.test(thrown.message)) return undefined;
      throw thrown;
    });
    if (view && !['queued', 'running', 'paused', 'interrupted'].includes(view.status)) return view;
    if (Date.now() > deadline) throw new Error(`run ${run} is still ${view?.status ?? 'without an engine'}`);
    await window.waitForTimeout(300);
  }
}
