/** What of a `MediaDeviceInfo` tells cameras apart. */
type Device = Pick<MediaDeviceInfo, 'kind' | 'deviceId' | 'label'>;

export interface CameraChoice {
  /** Of the device; '' for the one that the system takes. */
  value: string;
  label: string;
}

/** Cameras to choose from, those of one name told apart by a number; none where there is no choice, or where their names may not be known yet. */
export function cameraChoices(devices: readonly Device[]): CameraChoice[] {
  const cameras = devices.filter(({ kind, deviceId }) => kind === 'videoinput' && deviceId !== '');
  if (cameras.length < 2) return [];
  const names = cameras.map(({ label }) => label || 'Camera');
  const labelOf = (at: number): string => {
    const same = names.flatMap((name, place) => (name === names[at] ? [place] : []));
    return same.length === 1 ? names[at]! : `${names[at]} ${same.indexOf(at) + 1}`;
  };
  return [
    { value: '', label: 'Usual camera' },
    ...cameras.map(({ deviceId }, at) => ({ value: deviceId, label: labelOf(at) })),
  ];
}
