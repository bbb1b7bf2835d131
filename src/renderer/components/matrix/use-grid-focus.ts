import { computed, nextTick, ref, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import { clampPosition, navigate, type GridPosition, type GridSize } from '../../matrix/grid-navigation';
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

/** Roving focus over the cells of a grid; Tab enters and leaves the grid in one step. It keeps its place when rows are sorted. */
export function useGridFocus(
  grid: Readonly<ShallowRef<HTMLTableElement | null>>,
  size: ComputedRef<GridSize>,
): GridFocus {
  const wanted = ref<GridPosition>({ row: 1, column: 0 });
  const hasFocus = ref(false);
  const at = computed(() => clampPosition(wanted.value, size.value));

  function onKey(event: KeyboardEvent): boolean {
    const to = event.altKey || event.metaKey ? undefined : navigate(at.value, event.key, event.ctrlKey, size.value);
    if (!to) return false;
    event.preventDefault();
    wanted.value = to;
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
    wanted.value = position;
  }

  function onFocusOut(event: FocusEvent): void {
    hasFocus.value = event.relatedTarget instanceof Node && grid.value?.contains(event.relatedTarget) === true;
  }

  return { at, hasFocus, onKey, onFocusIn, onFocusOut };
}
