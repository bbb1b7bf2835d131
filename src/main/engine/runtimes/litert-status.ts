/** What LiteRtStatus says, in words (litert_common.h). */
const meanings: Readonly<Record<number, string>> = {
  1: 'an argument is not valid',
  2: 'memory ran out',
  3: 'an operator failed',
  5: 'it does not support this',
  500: 'the file cannot be read',
  501: 'it is not a TensorFlow Lite network, or a damaged one',
  504: 'it does not compile',
  1000: 'an index lies beyond what there is',
  1001: 'a tensor has a type that does not fit',
  1002: 'the graph contradicts itself',
};

/** A status other than "ok" as an exception whose message people can read. */
export function litertStatus(status: number): void {
  if (status !== 0) throw new Error(meanings[status] ?? `it answers with status ${status}`);
}
