import { describe, expect, it } from 'vitest';
import { coralCrash } from '../../../src/main/engine/coral/crash-reason';

describe('coralCrash', () => {
  it.each([
    [
      'F driver/usb/usb_driver.cc:802] [0-0] bulk out for header failed. Abort. Unknown: USB transfer error 1 [LibUsbDataOutCallback]',
      'USB transfer error 1 [LibUsbDataOutCallback]',
    ],
    [
      'F :1133] HandleQueuedBulkIn transfer in failed. Not found: USB transfer error 5 [LibUsbDataInCallback]',
      'USB transfer error 5 [LibUsbDataInCallback]',
    ],
  ])('knows the last words of libedgetpu: %s', (line, detail) => {
    const error = coralCrash(['I driver/usb/usb_driver.cc:1310] WorkerThreadFunc', line, 'Aborted (core dumped)']);
    expect(error).toMatchObject({ code: 'coral.gone', facts: { detail } });
    expect(error!.message).toMatch(/stopped answering while it worked .* run again: finished steps are kept\.$/);
  });

  it('says nothing of other crashes', () => {
    expect(
      coralCrash(['FATAL ERROR: Reached heap limit', 'I :1] USB transfer error 1 [X] was retried']),
    ).toBeUndefined();
    expect(coralCrash([])).toBeUndefined();
  });
});
