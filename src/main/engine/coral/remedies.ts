/** Who may open a Coral on Linux: both of its identities, since it changes them when it starts. */
const udevRule = [
  'SUBSYSTEM=="usb", ATTRS{idVendor}=="1a6e", ATTRS{idProduct}=="089a", GROUP="plugdev", MODE="0664", TAG+="uaccess"',
  'SUBSYSTEM=="usb", ATTRS{idVendor}=="18d1", ATTRS{idProduct}=="9302", GROUP="plugdev", MODE="0664", TAG+="uaccess"',
  '',
].join('\n');

/** Commands that put the rule in place; the second makes it hold for what is plugged in from then on. */
export const udevCommands = [
  "sudo tee /etc/udev/rules.d/60-coral.rules > /dev/null <<'END'",
  udevRule.trimEnd(),
  'END',
  'sudo udevadm control --reload-rules',
  '',
].join('\n');

const libraryHints: Partial<Record<NodeJS.Platform, string>> = {
  linux:
    'On Debian and Ubuntu it is the package libedgetpu1-std of the Coral repository; elsewhere build google-coral/libedgetpu or take a rebuild of it',
  darwin: 'On macOS it is libedgetpu.1.dylib of the Edge TPU runtime, which also needs libusb ("brew install libusb")',
  win32: 'On Windows it is edgetpu.dll of the Edge TPU runtime, whose install.bat also sets the WinUSB driver up',
};

/** Where libedgetpu comes from on a platform. */
export const libraryHint = (platform: NodeJS.Platform): string =>
  libraryHints[platform] ?? 'There is none for this platform';
