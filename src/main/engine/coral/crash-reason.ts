import { AppError } from '@shared/errors';

/**
 * libedgetpu ends its process when a transfer fails: "F driver/usb/usb_driver.cc:802] [0-0] bulk out for header failed. Abort. Unknown: USB transfer
 * error 1 [LibUsbDataOutCallback]" (google-coral/edgetpu issues 99, 494).
 */
const fatalTransfer = /^F\b.*\b(USB transfer error \d+ \[\w+\])/;

/** What the last lines of a process that crashed say of a Coral; undefined: nothing. */
export function coralCrash(lines: readonly string[]): AppError | undefined {
  const detail = lines.map((line) => fatalTransfer.exec(line)?.[1]).find(Boolean);
  return detail === undefined ? undefined : new AppError('coral.gone', { detail });
}
