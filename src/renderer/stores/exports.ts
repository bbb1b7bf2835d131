import { defineStore } from 'pinia';
import { ref } from 'vue';
import type { ExportFormat } from '@shared/export-formats';

/** An export that the menu asked for, until the run it concerns is shown and takes it. */
export const useExportsStore = defineStore('exports', () => {
  const wanted = ref<ExportFormat>();

  function take(): ExportFormat | undefined {
    const format = wanted.value;
    wanted.value = undefined;
    return format;
  }
  return { wanted, take };
});
