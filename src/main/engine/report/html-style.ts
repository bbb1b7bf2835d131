/** The printed page: black on white, one accent, tabular figures. */
export const reportStyle = `
@page { size: A4 landscape; margin: 12mm 12mm 14mm; }
* { box-sizing: border-box; }
body { font: 10px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; color: #1d1f21; margin: 0 auto; max-width: 1100px; font-variant-numeric: tabular-nums; }
header { border-bottom: 1px solid #1d1f21; padding-bottom: 6px; margin-bottom: 10px; }
h1 { font-size: 18px; margin: 0; font-weight: 600; } header p { margin: 2px 0 0; color: #555; }
h2 { font-size: 12px; margin: 16px 0 4px; font-weight: 600; break-after: avoid; }
table { border-collapse: collapse; width: 100%; }
.matrix { table-layout: fixed; } .matrix th.recipe { width: 108px; overflow: hidden; text-overflow: ellipsis; }
.matrix th { font-weight: 500; white-space: nowrap; color: #555; text-align: right; padding: 3px 6px; border-bottom: 1px solid #ccc; font-size: 9px; }
.matrix th.group { text-align: center; color: #1d1f21; font-weight: 600; font-size: 10px; border-left: 1px solid #ddd; }
.matrix .recipe { text-align: left; color: #1d1f21; white-space: nowrap; }
.matrix td { text-align: right; padding: 3px 4px; border-bottom: 1px solid #e6e6e6; vertical-align: top; white-space: nowrap; }
.matrix td:nth-child(3n+2) { border-left: 1px solid #ddd; }
.matrix tr { break-inside: avoid; }
.matrix b { display: block; font-weight: 600; } .matrix small { font-size: 7.5px; color: #666; } .matrix i { font-style: normal; }
.gain { background: #eef6f0; } .gain i { color: #1f7a44; } .loss { background: #fbf0ee; } .loss i { color: #b3372b; }
.failed { color: #b3372b; white-space: normal !important; text-align: left !important; font-size: 9px; }
.legend { color: #555; font-size: 9px; margin: 6px 0 0; }
.charts { display: flex; gap: 16px; margin-top: 12px; } figure { margin: 0; flex: 1; break-inside: avoid; } figcaption { font-weight: 600; }
svg { width: 100%; max-height: 66mm; } .grid { stroke: #e8e8e8; } .tick { font-size: 8.5px; fill: #555; } .axis { font-size: 9px; fill: #333; }
.dot { stroke: #fff; stroke-width: .6; } .s0 { fill: #2f6fb2; } .s1 { fill: #c4622d; } .s2 { fill: #3d8b57; } .s3 { fill: #7a5aa6; }
.bar { stroke-width: .8; opacity: .55; } .bar.s0 { stroke: #2f6fb2; } .bar.s1 { stroke: #c4622d; } .bar.s2 { stroke: #3d8b57; } .bar.s3 { stroke: #7a5aa6; }
ul { margin: 0; padding-left: 16px; color: #444; font-size: 9px; }
.manifest th { text-align: left; font-weight: 500; color: #555; padding: 1px 12px 1px 0; white-space: nowrap; vertical-align: top; } .manifest td { word-break: break-all; font-size: 9px; }
`;
