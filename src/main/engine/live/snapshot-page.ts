import { absent, formatBytes, formatMs, formatNumber, formatPercent } from '@shared/format';
import { liveStages } from '@shared/live/answer';
import { pictureNote, type LiveSnapshot } from '@shared/live/snapshot';
import { escapeHtml } from '../report/escape-html';

type SnapshotSide = LiveSnapshot['sides'][number];

const style = `:root{color-scheme:light dark;font:13px/20px system-ui,sans-serif}body{max-width:1100px;margin:32px auto;padding:0 24px}
h1{font-size:18px}h2{font-size:14px;margin:0}p{margin:4px 0}img{max-width:100%;max-height:60vh;border:1px solid #8885}
.sides{display:flex;flex-wrap:wrap;gap:32px}section{flex:1 1 380px}table{border-collapse:collapse;width:100%;margin:8px 0 16px;font-variant-numeric:tabular-nums}
th,td{padding:2px 8px 2px 0;text-align:left;border-bottom:1px solid #8884;font-weight:normal}.n{text-align:right}.muted{opacity:.75}`;

/** One frame with what was said of it, as a page that loads nothing and holds its numbers as JSON too. */
export function snapshotPage(snapshot: LiveSnapshot): string {
  const { takenAt, source, label, picture, sides, agreement, comparison } = snapshot;
  const title = `Live: ${sides.map(({ name, target }) => `${name} on ${target}`).join(' against ')}`;
  const facts = [`${source}, ${takenAt}`, ...(label === undefined ? [] : [`Label: ${label}`])];
  if (agreement && agreement.both > 0) {
    const share = formatPercent((100 * agreement.agreeing) / agreement.both);
    facts.push(
      `Same first answer on ${formatNumber(agreement.agreeing)} of the ${formatNumber(agreement.both)} frames that both answered (${share})`,
    );
  }
  const notes = [comparison, pictureNote(snapshot)].filter((note) => note !== undefined);
  // In JSON inside a page only "<" can end the script early.
  const json = JSON.stringify({ ...snapshot, picture: undefined }, null, 1).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"><style>${style}</style></head>
<body><h1>${escapeHtml(title)}</h1>
${[...facts, ...notes].map((fact) => `<p>${escapeHtml(fact)}</p>`).join('\n')}
<p><img src="${picture}" alt="The frame"></p>
<div class="sides">${sides.map(sideSection).join('\n')}</div>
<p class="muted">Times of single frames while the window showed them: good to see where time goes. To compare latencies, measure them.</p>
<script type="application/json" id="numbers">${json}</script>
</body></html>
`;
}

function sideSection(side: SnapshotSide): string {
  const { answer, classNames } = side;
  const answers = answer.top.map(({ class: index, score }, rank) => [
    classNames[rank] ?? String(index),
    score === undefined ? absent : formatPercent(100 * score),
  ]);
  const stages = liveStages.map((stage) => {
    const known = side.stages?.[stage];
    return [
      stage,
      formatMs(answer.times[stage]),
      known ? formatMs(known.p50Ms) : absent,
      known ? formatMs(known.p90Ms) : absent,
    ];
  });
  const facts = [
    ['Frames answered', formatNumber(side.frames)],
    ['Frames dropped', formatNumber(side.dropped)],
    ['Frames a second', side.framesPerSecond === undefined ? absent : formatNumber(side.framesPerSecond, 1)],
    ['Loading the file', formatMs(side.openMs)],
    ['First inference', side.firstInferenceMs === undefined ? absent : formatMs(side.firstInferenceMs)],
  ];
  return `<section><h2>${escapeHtml(side.name)}</h2><p class="muted">${escapeHtml(side.target)}, ${formatBytes(side.sizeBytes)}</p>
${table(['Class', 'Score'], answers)}${table(['Stage', 'This frame', 'Median', 'p90'], stages)}${table(['Session', ''], facts)}</section>`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: 'th' | 'td', texts: readonly string[]): string =>
    texts.map((text, column) => `<${tag}${column > 0 ? ' class="n"' : ''}>${escapeHtml(text)}</${tag}>`).join('');
  return `<table><thead><tr>${cells('th', head)}</tr></thead><tbody>${rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('')}</tbody></table>`;
}
