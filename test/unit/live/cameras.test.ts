import { describe, expect, it } from 'vitest';
import { cameraChoices } from '../../../src/renderer/live/cameras';

const device = (deviceId: string, label = '', kind: MediaDeviceKind = 'videoinput') => ({ kind, deviceId, label });

describe('cameraChoices', () => {
  it('are the cameras by their names, behind the one that the system takes', () => {
    const devices = [
      device('a', 'Front'),
      device('m', 'Microphone', 'audioinput'),
      device('b', 'HD'),
      device('c', 'HD'),
    ];
    expect(cameraChoices([...devices, device('d')])).toEqual([
      { value: '', label: 'Usual camera' },
      { value: 'a', label: 'Front' },
      { value: 'b', label: 'HD 1' },
      { value: 'c', label: 'HD 2' },
      { value: 'd', label: 'Camera' },
    ]);
  });

  it('are none where there is one, or where which there are is not told yet', () => {
    expect(cameraChoices([device('a', 'Front')])).toEqual([]);
    expect(cameraChoices([device(''), device('')])).toEqual([]);
  });
});
