import { describe, expect, it } from 'vitest';
import { matrixCsv } from '@shared/presenter/copy/csv';
import { presentRun } from '@shared/presenter/reading';
import { matrixRows } from '@shared/presenter/rows';
import { parseArrangement } from '../../../src/renderer/matrix/arrangement';
import { copiedTable } from '../../../src/renderer/matrix/copied-table';
import { pivoted } from '../../../src/renderer/matrix/pivot-rows';
import { recipeLabels } from '../../../src/renderer/matrix/recipe-label';
import { parseSavedViews, withView } from '../../../src/renderer/matrix/saved-views';
import { shownRow } from '../../../src/renderer/matrix/shown-row';
import { parseViewSettings } from '../../../src/renderer/matrix/view-settings';
import { latency, run, target, trial } from './trials';

const models = ['mobilenetv2', 'resnet50'];
const presentation = presentRun(
  run(
    models.flatMap((model) => [
      trial({ model, recipe: 'baseline' }, { sizeBytes: 4e6, latency: [latency({ ratio: 1, ratioInterval: [1, 1] })] }),
      trial({ model, recipe: 'int8' }, { sizeBytes: 1e6 }),
    ]),
  ),
);
const labels = recipeLabels(['', 'quantize.static']);
const view = { models, metrics: ['size', 'ratio'] as const, target };
const rows = matrixRows(presentation.run).map((row) => shownRow(row, labels, presentation, view));

describe('recipes across', () => {
  const turned = pivoted(rows, models);
  it('have a row a network and a group a recipe, with the same cells', () => {
    expect(turned.map(({ recipe, isNetwork }) => [recipe, isNetwork])).toEqual(models.map((model) => [model, true]));
    expect(turned[1]!.groups.map(({ model, trial: id }) => [model, id])).toEqual([
      ['baseline', 'resnet50/baseline'],
      ['int8', 'resnet50/int8'],
    ]);
    expect(turned[1]!.groups[1]!.cells).toBe(rows[1]!.groups[1]!.cells);
    expect(turned[0]!.groups.map(({ role }) => role)).toEqual(['baseline', undefined]);
  });
  it('are none where no recipe matches', () => {
    expect(pivoted([], models).map(({ groups }) => groups)).toEqual([[], []]);
  });
});

describe('the copied table', () => {
  it('says what the window shows, in either direction', () => {
    const settings = { presentation, metrics: view.metrics, target };
    const table = copiedTable(rows, models, settings);
    expect(table.rows[1]).toMatchObject({ name: 'int8', steps: 'quantize.static' });
    expect(table.rows[1]!.cells[0]).toEqual([{ value: '1.00', change: '▲ ×0.25' }, { value: '–' }]);
    expect(table.rows[0]!.cells[0]).toEqual([
      { value: '4.00', change: 'baseline' },
      { value: '1.00', change: 'A/A ×1.00 [1.00, 1.00]' },
    ]);
    expect(table.notes[0]).toBe('case study: images, 1,000 images; CPU, ort-cpu x1.');
    const turned = copiedTable(pivoted(rows, models), ['baseline', 'int8'], settings);
    expect(turned).toMatchObject({ corner: 'Model', groups: ['baseline', 'int8'] });
    expect(turned.rows[0]!.cells[0]![0]).toEqual({ value: '4.00', change: 'baseline' });
    expect(matrixCsv(turned)).toContain('resnet50,,4.00,baseline');
  });
});

describe('what is remembered of the layout', () => {
  it('falls back field by field', () => {
    expect(parseArrangement(undefined)).toEqual({ pinned: [], onlyClear: false, across: 'models' });
    expect(parseArrangement({ pinned: ['a'], onlyClear: 'yes', across: 'recipes' })).toEqual({
      pinned: ['a'],
      onlyClear: false,
      across: 'recipes',
    });
    expect(parseArrangement({ pinned: [1], across: 'sideways' })).toMatchObject({ pinned: [], across: 'models' });
  });
  it('is a part of saved views, which are read one by one', () => {
    const settings = parseViewSettings({ metrics: ['top1'], arrangement: { pinned: ['int8'] } });
    const views = withView([], { name: ' small ', filter: 'int8', settings });
    expect(parseSavedViews(JSON.parse(JSON.stringify(views)))).toEqual([{ name: 'small', filter: 'int8', settings }]);
    expect(parseSavedViews([{ name: '' }, 7, null, { name: 'bare' }])).toEqual([
      { name: 'bare', filter: '', settings: parseViewSettings(undefined) },
    ]);
    expect(parseSavedViews('?')).toEqual([]);
  });
  it('keeps one view a name, in the order of names', () => {
    const view1 = { name: 'b', filter: '1', settings: parseViewSettings(undefined) };
    const three = ['b', 'a', 'c'].reduce((views, name) => withView(views, { ...view1, name }), withView([], view1));
    expect(three.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(withView(three, { ...view1, name: 'a', filter: '2' })[0]!.filter).toBe('2');
    expect(withView(three, { ...view1, name: '  ' })).toEqual(three);
  });
});
