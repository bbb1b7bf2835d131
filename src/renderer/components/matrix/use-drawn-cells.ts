import { useEventListener, useResizeObserver } from '@vueuse/core';
import { shallowRef, type ShallowRef } from 'vue';
import { drawnRange, nothingDrawn, type PlaceRange } from '../../matrix/drawn-range';

/** Beyond what is in view, px: a turn of the wheel may be on the screen before its cells are. */
const margin = { rows: 80, groups: 40 };

type Element<T> = Readonly<ShallowRef<T | null>>;

/** Rows and groups of a table that are near what its box shows. All rows are of one height, and all groups of one width. */
export function useDrawnCells(
  box: Element<HTMLElement>,
  grid: Element<HTMLTableElement>,
): { rows: Readonly<ShallowRef<PlaceRange>>; groups: Readonly<ShallowRef<PlaceRange>> } {
  const rows = shallowRef(nothingDrawn);
  const groups = shallowRef(nothingDrawn);
  let rowHeight = 0;
  let groupWidth = 0;

  function set(drawn: ShallowRef<PlaceRange>, range: PlaceRange): void {
    if (drawn.value.from !== range.from || drawn.value.to !== range.to) drawn.value = range;
  }
  function follow(): void {
    if (!box.value) return;
    // The sticky header and names cover a part of it: a little more is drawn than is seen.
    const { scrollTop, scrollLeft, clientHeight, clientWidth } = box.value;
    set(rows, drawnRange(scrollTop, clientHeight, rowHeight, margin.rows));
    set(groups, drawnRange(scrollLeft, clientWidth, groupWidth, margin.groups));
  }

  useEventListener(box, 'scroll', follow, { passive: true });
  useResizeObserver([box, grid], () => {
    rowHeight = grid.value?.tBodies[0]?.rows[0]?.getBoundingClientRect().height ?? 0;
    groupWidth = grid.value?.tHead?.rows[0]?.cells[1]?.getBoundingClientRect().width ?? 0;
    follow();
  });
  return { rows, groups };
}
