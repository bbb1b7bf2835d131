/** Longest detail that still reads as one sentence. */
const maximumLength = 240;

/**
 * ONNX Runtime's message as a short clause for people: without its C++ file, line and function, its status prefix, and the
 * model path, which the surrounding sentence names already.
 */
export function cleanRuntimeMessage(message: string, path: string): string {
  const text = message
    .replaceAll(path, 'the file')
    // The WebAssembly build: "Can't create a session. ERROR_CODE: 7, ERROR_MESSAGE: "
    .replace(/^.{0,80}ERROR_CODE: \d+, ERROR_MESSAGE: /s, '')
    .replace(/\[ONNXRuntimeError\][\s:]*\d+[\s:]*[A-Z_]+[\s:]*/g, '')
    // "…/core/graph/graph.cc:42 onnxruntime::Status onnxruntime::Graph::Load(const Model&, bool) const "
    .replace(/\S+\.(?:cc|cpp|h|hpp|cxx):\d+\s+(?:[^()\n]{0,300}\([^()\n]*\)(?:\s+const)?\s*)?(?:\[[^\]\n]*\]\s*)?/g, '')
    .replace(/^Load model from the file failed:\s*/, '')
    .replace(/^Load model the file failed\.\s*/, '')
    .replace(/Exception during (?:initialization|loading):\s*/g, '')
    // What the library expected, in C++: the reason follows.
    .replace(/^\s*(?:::<lambda\(\)> )?[^\s.][^\n]{0,200}? was false\. (?=\S)/, '');
  return asClause(text);
}

/** A message on one line, without the stop at its end, cut where it would not read as one sentence. */
export function asClause(message: string): string {
  const text = message
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[\s.:]+$/, '');
  if (text === '') return 'it gave no reason';
  return text.length <= maximumLength ? text : `${text.slice(0, maximumLength - 1).trimEnd()}…`;
}
