import { describe, expect, it } from 'vitest';
import { mayUseCamera } from '../../../src/main/camera-permission';

const ours = 'whittle://app';
const asked = { permission: 'media', mediaTypes: ['video'], isMainFrame: true, address: `${ours}/index.html#/live` };

describe('mayUseCamera', () => {
  it('is for the camera in our own Live view', () => {
    expect(mayUseCamera(asked, ours)).toBe(true);
  });

  it.each([
    ['the microphone', { mediaTypes: ['audio'] }],
    ['camera and microphone', { mediaTypes: ['video', 'audio'] }],
    ['no word of what', { mediaTypes: [] }],
    ['another permission', { permission: 'geolocation' }],
    ['the screen', { permission: 'display-capture' }],
    ['a frame within the page', { isMainFrame: false }],
    ['another view', { address: `${ours}/index.html#/sweep` }],
    ['a view of a similar name', { address: `${ours}/index.html#/livestock` }],
    ['another origin', { address: 'https://example.com/#/live' }],
    ['an origin that begins alike', { address: 'whittle://apple/#/live' }],
  ])('is not for %s', (_what, change) => {
    expect(mayUseCamera({ ...asked, ...change }, ours)).toBe(false);
  });
});
