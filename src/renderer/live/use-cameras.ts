import { useEventListener } from '@vueuse/core';
import { onMounted, shallowRef, type Ref } from 'vue';
import { cameraChoices, type CameraChoice } from './cameras';

/** The cameras to choose from, as they come and go. @param chosen becomes '' when its camera is gone */
export function useCameras(chosen: Ref<string>): { cameras: Ref<readonly CameraChoice[]>; look(): Promise<void> } {
  const cameras = shallowRef<readonly CameraChoice[]>([]);
  async function look(): Promise<void> {
    cameras.value = cameraChoices(await navigator.mediaDevices.enumerateDevices().catch(() => []));
    if (!cameras.value.some(({ value }) => value === chosen.value)) chosen.value = '';
  }
  useEventListener(navigator.mediaDevices, 'devicechange', () => void look());
  onMounted(() => void look());
  return { cameras, look };
}
