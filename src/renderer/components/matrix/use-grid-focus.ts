import { computed, nextTick, ref, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import { clampPosition, navigate, type GridPosition } from '../../matrix/grid-navigation';
import { cellIn, positionOf } from './grid-cells';

export interface GridFocus {
  /** The one cell that Tab reaches. */
  at: ComputedRef<GridPosition>;
  hasFocus: Ref<boolean>;
  /** Moves on navigation keys. @returns whether the key was one. */
  onKey: (event: KeyboardEvent) => boolean;
  onFocusIn: (event: FocusEvent) => void;
  onFocusOut: (event: FocusEvent) => void;
}

/**
 * Roving focus over the cells of a grid; Tab enters and leaves the grid in one step. It stays with its row when rows are sorted.
 * @param keys names of the rows below the header, top down
 */
export function useGridFocus(
  grid: Readonly<ShallowRef<HTMLTableElement | null>>,
  keys: ComputedRef<readonly string[]>,
  columns: ComputedRef<number>,
): GridFocus {
  const wanted = ref<GridPosition & { key?: string | undefined }>({ row: 1, column: 0 });
  const hasFocus = ref(false);
  const size = computed(() => ({ rows: keys.value.length + 1, columns: columns.value }));
  const at = computed(() => {
    const { row, column, key } = wanted.value;
    const moved = key === undefined ? -1 : keys.value.indexOf(key);
    return clampPosition({ row: moved < 0 ? row : moved + 1, column }, size.value);
  });
  const moveTo = (to: GridPosition): unknown => (wanted.value = { ...to, key: keys.value[to.row - 1] });

  function onKey(event: KeyboardEvent): boolean {
    const to = event.altKey || event.metaKey ? undefined : navigate(at.value, event.key, event.ctrlKey, size.value);
    if (!to) return false;
    event.preventDefault();
    moveTo(to);
    void nextTick(() => {
      const cell = grid.value && cellIn(grid.value, to);
      cell?.focus();
      cell?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    });
    return true;
  }

  function onFocusIn(event: FocusEvent): void {
    const position = positionOf(event.target as Element);
    if (!position) return;
    hasFocus.value = true;
    moveTo(position);
  }

  function onFocusOut(event: FocusEvent): void {
    hasFocus.value = event.relatedTarget instanceof Node && grid.value?.contains(event.relatedTarget) === true;
  }

  return { at, hasFocus, onKey, onFocusIn, onFocusOut };
}
