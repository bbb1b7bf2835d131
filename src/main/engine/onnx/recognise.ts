/**
 * What a file is that is not ONNX, in words that complete "PATH is not an ONNX model (...)"; recognised by content, not
 * by name.
 */
interface Signature {
  found: string;
  matches(head: Uint8Array, text: string): boolean;
}

const startsWith =
  (...bytes: number[]) =>
  (head: Uint8Array): boolean =>
    bytes.every((byte, index) => head[index] === byte);
const hasText =
  (needle: string, at = 0) =>
  (_head: Uint8Array, text: string): boolean =>
    text.startsWith(needle, at);

const zip = startsWith(0x50, 0x4b, 0x03, 0x04);
const pickle = startsWith(0x80, 0x02);

/** First match wins, so the special comes before the general. */
const signatures: Signature[] = [
  { found: 'the file is empty', matches: (head) => head.length === 0 },
  { found: 'a Git LFS pointer, not the file itself', matches: hasText('version https://git-lfs') },
  { found: 'a gzip archive', matches: startsWith(0x1f, 0x8b) },
  {
    found: 'a PyTorch file',
    matches: (head, text) => zip(head) && /\/(data\.pkl|\.format_version|constants\.pkl)/.test(text),
  },
  { found: 'a Keras file', matches: (head, text) => zip(head) && text.startsWith('metadata.json', 30) },
  { found: 'a NumPy archive', matches: (head, text) => zip(head) && /^.{30}[\w./-]+\.npy/s.test(text) },
  { found: 'a zip archive', matches: zip },
  { found: 'an empty zip archive', matches: startsWith(0x50, 0x4b, 0x05, 0x06) },
  { found: 'a TensorFlow Lite model', matches: hasText('TFL3', 4) },
  { found: 'an ONNX Runtime .ort file', matches: hasText('ORTM', 4) },
  { found: 'a Keras HDF5 file', matches: startsWith(0x89, 0x48, 0x44, 0x46) },
  { found: 'a PyTorch file', matches: (head, text) => pickle(head) && text.slice(2, 64).includes('\x8a\x0a\x6c\xfc') },
  { found: 'a Python pickle', matches: (head) => head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5 },
  { found: 'a GGUF language model', matches: hasText('GGUF') },
  { found: 'a safetensors file', matches: (head, text) => text.startsWith('{"', 8) && head[7] === 0 && head[6] === 0 },
  { found: 'an xz archive', matches: startsWith(0xfd, 0x37, 0x7a, 0x58) },
  { found: 'a 7-Zip archive', matches: startsWith(0x37, 0x7a, 0xbc, 0xaf) },
  { found: 'a Zstandard archive', matches: startsWith(0x28, 0xb5, 0x2f, 0xfd) },
  { found: 'a bzip2 archive', matches: hasText('BZh') },
  { found: 'a tar archive', matches: hasText('ustar', 257) },
  { found: 'a PNG image', matches: startsWith(0x89, 0x50, 0x4e, 0x47) },
  { found: 'a JPEG image', matches: startsWith(0xff, 0xd8, 0xff) },
  { found: 'a PDF document', matches: hasText('%PDF') },
  { found: 'a NumPy array', matches: startsWith(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59) },
  {
    found: 'a web page (HTML)',
    matches: (_head, text) => /^(\xef\xbb\xbf)?\s*<(!doctype html|html|head|!--)/i.test(text),
  },
  { found: 'an XML file, perhaps OpenVINO', matches: (_head, text) => /^(\xef\xbb\xbf)?\s*<\?xml/i.test(text) },
  { found: 'a JSON file', matches: (head, text) => /^\s*[[{]/.test(text) && isText(head) },
  { found: 'a text file', matches: isText },
];

/** Bytes of the beginning of a file that recognition looks at. */
const headBytes = 1024;

/** @returns what the bytes are instead of ONNX, or undefined when nothing else is recognised. */
export function recogniseForeign(bytes: Uint8Array): string | undefined {
  const head = bytes.subarray(0, headBytes);
  // One character a byte: archives hold names in ASCII, and positions stay positions.
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1');
  return signatures.find((signature) => signature.matches(head, text))?.found;
}

/** ONNX begins with the byte 8 (a control character), so printable UTF-8 is never a model. */
function isText(head: Uint8Array): boolean {
  if (head.some((byte) => byte < 32 && byte !== 9 && byte !== 10 && byte !== 13)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}
