import type { Paper } from '@shared/presenter/paper';
import { seriesColours } from '@shared/presenter/series-mark';
import { printColours } from './print-colours';

const tokens = Object.entries(printColours)
  .map(([name, colour]) => `--${name}: ${colour};`)
  .join(' ');
const series = Array.from(
  { length: seriesColours },
  (_, index) => `.s${index} { color: var(--series-${index + 1}); }`,
).join(' ');

/** Landscape, with room for the page number below. */
export function pageStyle(paper: Paper): string {
  return `@page { size: ${paper === 'a4' ? 'A4' : 'Letter'} landscape; margin: 9mm 12mm 12mm; }`;
}

/** The printed page: black on white, one accent, tabular figures, the colours of the window. */
export const reportStyle = `
:root { ${tokens} }
* { box-sizing: border-box; }
body { font: 10px/1.4 system-ui, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif; color: var(--text); margin: 0 auto; max-width: 1032px; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
header { border-bottom: 1px solid var(--text); padding-bottom: 5px; margin-bottom: 8px; }
h1 { font-size: 17px; line-height: 1.25; margin: 0; font-weight: 600; } header p { margin: 1px 0 0; color: var(--text-muted); }
h2 { font-size: 12px; margin: 14px 0 4px; font-weight: 600; break-after: avoid; }
h2 small { font-size: 10px; font-weight: 400; color: var(--text-muted); margin-left: 6px; }
table { border-collapse: collapse; width: 100%; }
thead { display: table-header-group; } tr { break-inside: avoid; }
.pages h2 { margin-top: 0; } .pages { margin-top: 14px; break-inside: avoid; }
.matrix { table-layout: fixed; width: auto; }
.matrix th { font-weight: 400; color: var(--text-muted); text-align: right; padding: 2px 5px; border-bottom: 1px solid var(--line-strong); font-size: 9px; vertical-align: bottom; }
.matrix th.group { text-align: left; color: var(--text); font-weight: 600; font-size: 10px; border-bottom: 0; }
.matrix th.recipe { text-align: left; border-bottom-color: var(--line); vertical-align: top; color: var(--text); }
.matrix thead th.recipe { color: var(--text-muted); border-bottom-color: var(--line-strong); vertical-align: bottom; }
.matrix td { text-align: right; padding: 2px 4px; border-bottom: 1px solid var(--line); vertical-align: top; }
.matrix tbody td, .matrix tbody th { font-size: 9.5px; line-height: 1.2; }
.matrix .start { border-left: 1px solid var(--line-strong); }
.matrix .baseline th, .matrix .baseline td { background: var(--surface-sunken); border-bottom-color: var(--line-strong); }
.matrix b { font-weight: 600; } .matrix small { font-size: 7.5px; color: var(--text-muted); } .matrix .under { display: block; } .matrix .steps { display: block; }
.matrix span { white-space: nowrap; }
.matrix td.gain, .key .gain { background: var(--good-soft); } td.gain small, .key .gain i { color: var(--good); }
.matrix td.loss, .key .loss { background: repeating-linear-gradient(135deg, var(--bad-soft) 0 4px, transparent 4px 6px); } td.loss small, .key .loss i { color: var(--bad); }
i { font-style: normal; } .disturbed, .matrix small.disturbed { color: var(--warn); }
.matrix .failed { color: var(--bad); text-align: left; font-size: 9px; }
.key { display: flex; flex-wrap: wrap; gap: 2px 14px; margin: 8px 0 0; padding: 0; list-style: none; font-size: 9px; } .key li { padding: 0 5px; }
.models svg { width: 9px; height: 9px; margin-right: 4px; vertical-align: -1px; }
.legend { color: var(--text-muted); font-size: 9px; margin: 4px 0 0; }
.verdict { font-size: 12px; line-height: 1.45; max-width: 900px; } .verdict p { margin: 0 0 4px; } .cover h2 { margin-top: 0; }
.cover .plain { margin-bottom: 10px; }
h3 { font-size: 10.5px; margin: 10px 0 2px; font-weight: 600; break-after: avoid; } .about { margin: 0 0 3px; color: var(--text-muted); font-size: 9px; break-after: avoid; }
.plain th, .plain td { text-align: left; vertical-align: top; font-weight: 400; padding: 2px 10px 2px 0; font-size: 9px; border-bottom: 1px solid var(--line); }
.plain thead th { color: var(--text-muted); border-bottom-color: var(--line-strong); vertical-align: bottom; } .plain .number { text-align: right; } .plain td.number { white-space: nowrap; } .plain th { min-width: 11ch; } .plain tbody th { font-weight: 600; }
.charts { display: grid; grid-template-columns: 1fr 1fr; gap: 8px 20px; } .charts.three { grid-template-columns: 1fr 1fr 1fr; } figure { margin: 0; break-inside: avoid; } figcaption { font-weight: 600; } figcaption small { font-weight: 400; color: var(--text-muted); }
figure svg { width: 100%; height: auto; } .grid { stroke: var(--line); } .tick { font-size: 9px; fill: var(--text-muted); } .axis { font-size: 9.5px; fill: var(--text); }
.dot { stroke: var(--surface); stroke-width: .6; fill: currentColor; } .bar { stroke: currentColor; stroke-width: .8; opacity: .5; } .trained, .held-out, .kept { fill: none; stroke: var(--text-faint); stroke-width: .8; } .held-out, .kept { stroke: var(--accent); stroke-width: 1.4; } .front { fill: none; stroke: currentColor; stroke-width: 1; opacity: .7; } .name { font-size: 8px; fill: var(--text); stroke: var(--surface); stroke-width: 2.5px; paint-order: stroke; } ${series}
.notes { margin: 0; padding: 0; list-style: none; font-size: 9px; columns: 2; column-gap: 20px; } .notes li { break-inside: avoid; margin-bottom: 5px; } .notes small { display: block; font-size: 8px; color: var(--text-muted); }
.facts th { text-align: left; font-weight: 400; color: var(--text-muted); padding: 1px 12px 1px 0; vertical-align: top; font-size: 9px; } .facts td { padding: 1px 8px 1px 0; vertical-align: top; font-size: 9px; } .facts thead th { border-bottom: 1px solid var(--line-strong); }
.facts tbody th { width: 210px; }
[aria-sort=ascending]::before { content: '↗ '; } [aria-sort=descending]::before { content: '↘ '; }
@media print { .network, .annex { break-before: page; } }
@media screen { body { padding: 16px; font-size: 12px; } .sortable { cursor: pointer; } .sortable:hover, .sortable:focus-visible { color: var(--accent) !important; } .matrix tbody tr:hover td, .matrix tbody tr:hover th { border-bottom-color: var(--accent); } .matrix td[title] { cursor: help; } .pages { overflow-x: auto; } }
`;
