import { z } from 'zod';
import { comparedResults, shownRun, type openEngineContract } from './contract';
import { nothing, rpc, signal, typed, type Endpoint } from './endpoints';
import { exportFormatIds } from './export-formats';
import { liveRecordSchema } from './live/record';
import { liveSnapshotSchema } from './live/snapshot';
import { reportViewSchema } from './presenter/report-view';
import { runSummarySchema } from './run';
import type { RunComparison } from './run-comparison';
import { themeSchema } from './settings';
import { sweepFileSchema } from './sweep-file';

const windowCommandSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('show'), view: z.string() }),
  z.object({ kind: z.literal('export'), format: z.enum(exportFormatIds) }),
  z.object({ kind: z.literal('open-sweep') }),
  z.object({ kind: z.literal('palette') }),
  z.object({ kind: z.literal('shortcuts') }),
  z.object({ kind: z.literal('tour') }),
  z.object({ kind: z.literal('save-sweep') }),
]);
export type WindowCommand = z.infer<typeof windowCommandSchema>;

/** What the main process does itself for the window. Paths come from dialogs and drops, so the window never invents one. */
export const shellContract = {
  'shell.chooseModels': rpc(nothing, z.array(z.string())),
  /** A model file of any format; null when none was chosen. */
  'shell.chooseModelFile': rpc(nothing, z.string().nullable()),
  'shell.chooseFolder': rpc(z.strictObject({ title: z.string().max(200) }), z.string().nullable()),
  'shell.chooseSweep': rpc(nothing, z.string().nullable()),
  /** Writes a sweep file where a person chooses. Answers its path, or null when none was chosen. */
  'shell.saveSweep': rpc(
    z.strictObject({ sweep: sweepFileSchema, suggestedName: z.string().max(200) }),
    z.strictObject({ path: z.string() }).nullable(),
  ),
  /** Whether the machine lives on its battery, where the engine cannot see it. */
  'shell.onBattery': rpc(nothing, z.boolean()),
  'shell.exportRun': rpc(
    shownRun.extend({
      format: z.enum(exportFormatIds),
      /** What the window shows; pages for people follow it. */
      view: reportViewSchema.optional(),
      suggestedName: z.string().max(200),
    }),
    z.strictObject({ path: z.string() }).nullable(),
  ),
  'shell.saveArtifact': rpc(
    z.strictObject({ run: z.string().max(200), trial: z.string().max(400), suggestedName: z.string().max(200) }),
    z.strictObject({ path: z.string() }).nullable(),
  ),
  /** One frame of Live with its numbers, where a person chooses; null when nothing was chosen. */
  'shell.saveLiveSnapshot': rpc(
    z.strictObject({ snapshot: liveSnapshotSchema, suggestedName: z.string().max(200) }),
    z.strictObject({ path: z.string() }).nullable(),
  ),
  'shell.saveLiveRecord': rpc(
    z.strictObject({ record: liveRecordSchema, suggestedName: z.string().max(200) }),
    z.strictObject({ path: z.string() }).nullable(),
  ),
  /** Hands a trial over as a folder and a zip, in a folder that a person chooses. Answers the new one, or null when nothing was chosen. */
  'shell.handOver': rpc(
    z.strictObject({ run: z.string().max(200), trial: z.string().max(400) }),
    z.strictObject({ path: z.string() }).nullable(),
  ),
  /** Shows the results in a folder, which a person chooses where no path is given, or in a JSON report; a path that was neither dropped nor opened before is refused. Answers it, or null when nothing was chosen. */
  'shell.openResults': rpc(z.strictObject({ path: z.string().min(1).max(4096).optional() }), z.string().nullable()),
  /** Folders of results that were opened before, the last one first; these may be opened by their path. */
  'shell.recentResults': rpc(nothing, z.array(z.string())),
  /** Asks for another folder of results, or the JSON report of a run, to compare with; what is shown stays. Null when nothing was chosen. */
  'shell.chooseComparedResults': rpc(
    z.strictObject({ from: z.enum(['folder', 'file']) }),
    z.strictObject({ folder: z.string(), runs: z.array(runSummarySchema) }).nullable(),
  ),
  /** A run of a folder that was chosen so, beside one of those at hand. */
  'shell.compareResults': rpc(comparedResults, typed<RunComparison>()),
  /** Back to the person's own results. */
  'shell.closeResults': rpc(nothing, nothing),
  'shell.theme': rpc(nothing, themeSchema),
  'shell.setTheme': rpc(z.strictObject({ theme: themeSchema }), nothing),
  'shell.reveal': rpc(z.strictObject({ run: z.string().max(200), trial: z.string().max(400) }), nothing),
  /** Puts on the clipboard what the window made: a table as text, a chart as a picture. Nothing is ever read from there. */
  'shell.copyText': rpc(z.strictObject({ text: z.string().min(1).max(20_000_000) }), nothing),
  'shell.copyImage': rpc(
    z.strictObject({
      dataUrl: z
        .string()
        .max(50_000_000)
        .regex(/^data:image\/png;base64,[A-Za-z0-9+/]+=*$/),
    }),
    nothing,
  ),
  /** Whether the engine answers; the window shows a quiet banner while it restarts. */
  'shell.engine': signal(
    z.object({ state: z.enum(['starting', 'ready', 'restarting', 'failed']), detail: z.string().optional() }),
  ),
  /** Whose results the window shows: those in a folder or JSON report that was opened, or (null) the person's own. */
  'shell.results': signal(z.object({ folder: z.string().nullable() })),
  /** A menu item or shortcut asks the window to do something. */
  'shell.command': signal(windowCommandSchema),
} satisfies Record<string, Endpoint>;
export type ShellContract = typeof shellContract;

/** All that the window may ask. */
export type WindowContract = typeof openEngineContract & ShellContract;

/** A call of one of the `live.*` endpoints through the port, whose bytes are never JSON. */
export const liveRequestSchema = z.strictObject({
  id: z.number().int().min(0),
  name: z.enum(['live.open', 'live.reopen', 'live.source', 'live.picture', 'live.frame', 'live.close']),
  input: z.unknown(),
});
export type LiveRequest = z.infer<typeof liveRequestSchema>;
export type LiveReply = { id: number } & (
  | { ok: true; value: unknown }
  | { ok: false; error: { code: string; facts: Record<string, string | number | undefined> } }
);

/** What the preload script exposes as `window.whittle`. Nothing else crosses. */
export interface WindowBridge {
  call(
    name: string,
    input: unknown,
  ): Promise<
    | { ok: true; value: unknown }
    | { ok: false; error: { code: string; facts: Record<string, string | number | undefined> } }
  >;
  startJob(
    name: string,
    input: unknown,
    id: string,
  ): Promise<
    | { ok: true; value: unknown }
    | { ok: false; error: { code: string; facts: Record<string, string | number | undefined> } }
  >;
  cancelJob(id: string): void;
  /**
   * Opens a way of its own for Live, whose frames would hold up everything else: a message port comes to the page in a message "whittle:live".
   * It takes `LiveRequest`s and gives `LiveReply`s.
   */
  openLive(): void;
  onProgress(listener: (id: string, progress: unknown) => void): () => void;
  onSignal(listener: (name: string, state: unknown) => void): () => void;
  /** The path of a file dropped on the window, which the main process then knows as dropped; empty for a file that a page made. */
  pathOf(file: File): string;
  platform: string;
}
