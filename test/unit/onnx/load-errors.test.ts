import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as Kind,
  type GraphProtoSchema,
  ModelProtoSchema,
  TensorProto_DataLocation as Location,
  type TensorProtoSchema,
} from 'onnx-buf';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { AppError, type ErrorCode } from '@shared/errors';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { loadModel } from '../../../src/main/engine/onnx/load';
import { float32Tensor, makeNode } from '../../../src/main/engine/onnx/make';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { tinyClassifier } from '../../fixtures/graphs';

const root = mkdtempSync(join(tmpdir(), 'whittle-bad-'));
const folder = join(root, 'models');
mkdirSync(folder);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const good = encodeModel(tinyClassifier());
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const changed = (change: (graph: Graph) => void): Uint8Array => {
  const graph = tinyClassifier();
  change(graph);
  return encodeModel(graph);
};

type GraphInit = MessageInitShape<typeof GraphProtoSchema>;
type TensorInit = MessageInitShape<typeof TensorProtoSchema>;
/** A model with raw control over its message. */
const message = (graph?: GraphInit, opset = 17n, functionName?: string): Uint8Array => {
  const opsetImport = opset === 0n ? [] : [{ domain: '', version: opset }];
  const functions = functionName === undefined ? [] : [{ name: functionName }];
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 8n, opsetImport, functions, graph }));
};
const value = (name: string) => ({
  name,
  type: { value: { case: 'tensorType' as const, value: { elemType: 1, shape: { dim: [] } } } },
});
const withTensor = (tensor: TensorInit): Uint8Array =>
  message({
    node: [{ opType: 'Identity', input: ['w'], output: ['y'] }],
    output: [value('y')],
    initializer: [{ name: 'w', dataType: 1, ...tensor }],
  });
const withExternal = (entries: Record<string, string>, dims = [2n]): Uint8Array =>
  withTensor({
    dims,
    dataLocation: Location.EXTERNAL,
    externalData: Object.entries(entries).map(([key, text]) => ({ key, value: text })),
  });

writeFileSync(join(root, 'secret.bin'), new Uint8Array(64));
writeFileSync(join(folder, 'weights.bin'), new Uint8Array(64));
symlinkSync(join(root, 'secret.bin'), join(folder, 'link.bin'));
symlinkSync(root, join(folder, 'up'));
mkdirSync(join(folder, 'folder.bin'));

const notOnnx: [string, Uint8Array, string][] = [
  ['empty', new Uint8Array(0), 'empty'],
  ['gzip', gzipSync(good), 'gzip'],
  ['zip', Buffer.concat([ascii('PK\x03\x04'), new Uint8Array(26), ascii('model.onnx')]), 'zip'],
  ['PyTorch zip', Buffer.concat([ascii('PK\x03\x04'), new Uint8Array(26), ascii('archive/data.pkl')]), 'PyTorch'],
  ['Keras zip', Buffer.concat([ascii('PK\x03\x04'), new Uint8Array(26), ascii('metadata.json')]), 'Keras'],
  ['pickle', Uint8Array.of(0x80, 2, 0x7d, 0x71, 0), 'pickle'],
  ['TFLite', Buffer.concat([Uint8Array.of(0x1c, 0, 0, 0), ascii('TFL3'), new Uint8Array(20)]), 'TensorFlow Lite'],
  ['HDF5', Buffer.concat([Uint8Array.of(0x89), ascii('HDF\r\n')]), 'HDF5'],
  ['HTML', ascii('\n<!DOCTYPE html><html><body>404</body></html>'), 'web page'],
  ['text', ascii('this is not a model\n'), 'text'],
  ['JSON', ascii('{"a": 1}'), 'JSON'],
  ['LFS pointer', ascii('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n'), 'Git LFS'],
  ['safetensors', Buffer.concat([Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0), ascii('{"a":{}}')]), 'safetensors'],
  ['ORT format', Buffer.concat([Uint8Array.of(0x20, 0, 0, 0), ascii('ORTM'), new Uint8Array(20)]), 'ONNX Runtime'],
  ['PNG', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10), 'PNG'],
  ['SavedModel', Uint8Array.of(8, 1, 0x12, 4, 0x0a, 2, 0x0a, 0), 'SavedModel'],
  ['random bytes', Uint8Array.from({ length: 4000 }, (_, index) => (index * 7919 + 251) % 256), 'not an ONNX network'],
  ['only zeros', new Uint8Array(5000), 'not an ONNX network'],
];

const table: [string, Uint8Array, ErrorCode, string][] = [
  ['no network', message(), 'model.truncated', 'no network'],
  ['no opset', message({ output: [value('y')] }, 0n), 'model.truncated', 'opset'],
  [
    'opset 3',
    changed((graph) => (graph.opsets = { '': 3 })),
    'model.unsupported-opset',
    'opset 3; Whittle reads opsets 7 to 26',
  ],
  ['opset 99', changed((graph) => (graph.opsets = { '': 99 })), 'model.unsupported-opset', 'opset 99'],
  [
    'a subgraph',
    message({
      node: [
        {
          opType: 'If',
          name: 'branch',
          input: [],
          output: ['y'],
          attribute: [{ name: 'then_branch', type: Kind.GRAPH, g: {} }],
        },
      ],
      output: [value('y')],
    }),
    'model.unsupported-operator',
    'node "branch" uses If',
  ],
  [
    'a function',
    message({ node: [{ opType: 'Mine', name: 'n', output: ['y'] }], output: [value('y')] }, 17n, 'Mine'),
    'model.unsupported-operator',
    'function Mine',
  ],
  [
    'a sparse initializer',
    message({ sparseInitializer: [{ values: { name: 's' } }] }),
    'model.unsupported-operator',
    'sparse',
  ],
  [
    'an output that is a sequence',
    message({
      node: [{ opType: 'X', output: ['y'] }],
      output: [{ name: 'y', type: { value: { case: 'sequenceType', value: {} } } }],
    }),
    'model.not-classifier',
    'not a tensor',
  ],
  [
    'a value twice',
    changed((graph) => graph.nodes.push(makeNode('Relu', ['conv'], ['norm']))),
    'model.invalid-graph',
    '"norm" is defined twice',
  ],
  [
    'an input twice',
    changed((graph) => graph.inputs.push(graph.inputs[0]!)),
    'model.invalid-graph',
    '"input" is defined twice',
  ],
  [
    'an undefined value',
    changed((graph) => graph.nodes[0]!.inputs.push('nowhere')),
    'model.invalid-graph',
    'reads "nowhere"',
  ],
  [
    'an undefined output',
    changed((graph) => (graph.outputs[0]!.name = 'nowhere')),
    'model.invalid-graph',
    'output "nowhere"',
  ],
  ['no output', changed((graph) => (graph.outputs = [])), 'model.invalid-graph', 'no output'],
  [
    'a cycle',
    changed((graph) => {
      graph.nodes.push(makeNode('Add', ['b', 'conv'], ['a']), makeNode('Relu', ['a'], ['b']));
    }),
    'model.invalid-graph',
    'depends on its own output',
  ],
  [
    'an unknown domain',
    changed((graph) => (graph.nodes[0]!.domain = 'com.example')),
    'model.invalid-graph',
    'com.example',
  ],
  [
    'two initializers of one name',
    message({ initializer: [1, 2].map(() => ({ name: 'w', dataType: 1, dims: [0n] })), output: [value('w')] }),
    'model.invalid-graph',
    'two tensors "w"',
  ],
  [
    'too few raw bytes',
    withTensor({ dims: [2n, 3n], rawData: new Uint8Array(20) }),
    'model.invalid-tensor',
    'needs 24 bytes, found 20',
  ],
  [
    'too few values',
    withTensor({ dims: [4n], floatData: [1, 2, 3] }),
    'model.invalid-tensor',
    'needs 4 values, found 3',
  ],
  ['no data at all', withTensor({ dims: [4n] }), 'model.invalid-tensor', 'found 0'],
  ['a negative dimension', withTensor({ dims: [-4n] }), 'model.invalid-tensor', 'dimension -4'],
  [
    'huge dimensions',
    withTensor({ dims: [2n ** 40n, 2n ** 40n], rawData: new Uint8Array(4) }),
    'model.invalid-tensor',
    'too large',
  ],
  ['one huge dimension', withTensor({ dims: [2n ** 62n] }), 'model.invalid-tensor', 'dimension 4611686018427387904'],
  [
    'huge dimensions around a zero',
    withTensor({ dims: [2n ** 50n, 2n ** 50n, 0n], floatData: [1] }),
    'model.invalid-tensor',
    'found 1',
  ],
  [
    'float8',
    withTensor({ dataType: 17, dims: [1n], rawData: new Uint8Array(1) }),
    'model.invalid-tensor',
    'FLOAT8E4M3FN',
  ],
  [
    'strings',
    withTensor({ dataType: 8, dims: [1n], stringData: [new Uint8Array(1)] }),
    'model.invalid-tensor',
    'strings',
  ],
  ['absolute path', withExternal({ location: join(root, 'secret.bin') }), 'model.external-data-outside', 'secret.bin'],
  ['Windows path', withExternal({ location: 'C:\\secret.bin' }), 'model.external-data-outside', 'C:'],
  ['parent folder', withExternal({ location: '../secret.bin' }), 'model.external-data-outside', '../secret.bin'],
  [
    'hidden parent folder',
    withExternal({ location: 'a/../../secret.bin' }),
    'model.external-data-outside',
    'secret.bin',
  ],
  ['symbolic link', withExternal({ location: 'link.bin' }), 'model.external-data-outside', 'link.bin'],
  ['linked folder', withExternal({ location: 'up/secret.bin' }), 'model.external-data-outside', 'up/secret.bin'],
  ['the folder itself', withExternal({ location: '.' }), 'model.external-data-outside', '"."'],
  ['missing file', withExternal({ location: 'gone.bin' }), 'model.external-data-missing', 'no such file'],
  ['a NUL in the path', withExternal({ location: 'a\0b' }), 'model.external-data-missing', 'no such file'],
  ['no location', withExternal({}), 'model.external-data-missing', 'no location'],
  ['not a file', withExternal({ location: 'folder.bin' }), 'model.external-data-missing', 'not a file'],
  [
    'short file',
    withExternal({ location: 'weights.bin' }, [17n]),
    'model.external-data-missing',
    '68 bytes are needed, it has 64',
  ],
  [
    'offset at the end',
    withExternal({ location: 'weights.bin', offset: '60' }),
    'model.external-data-missing',
    '68 bytes',
  ],
  [
    'negative offset',
    withExternal({ location: 'weights.bin', offset: '-8' }),
    'model.external-data-missing',
    'offset is "-8"',
  ],
  [
    'huge offset',
    withExternal({ location: 'weights.bin', offset: '9'.repeat(30) }),
    'model.external-data-missing',
    'offset',
  ],
  [
    'huge length',
    withExternal({ location: 'weights.bin', length: '1000000000000' }),
    'model.invalid-tensor',
    'needs 8 bytes',
  ],
  ['huge shape', withExternal({ location: 'weights.bin' }, [2n ** 35n]), 'model.too-large', 'reads models up to'],
];

async function failureOf(path: string): Promise<AppError> {
  const thrown: unknown = await loadModel(path).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(AppError);
  return thrown as AppError;
}

describe('loading what is not a good model', () => {
  test.each(notOnnx)('%s', async (title, bytes, found) => {
    const path = join(folder, `${title.replaceAll(/\W/g, '-')}.onnx`);
    writeFileSync(path, bytes);
    const error = await failureOf(path);
    expect(error.code).toBe('model.not-onnx');
    expect(error.facts['found']).toContain(found);
    expect(error.message).toContain(path);
  });

  test.each(table)('%s', async (title, bytes, code, words) => {
    const path = join(folder, `${title.replaceAll(/\W/g, '-')}.onnx`);
    writeFileSync(path, bytes);
    const error = await failureOf(path);
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(words)]);
  });

  test('a missing file, a folder', async () => {
    expect((await failureOf(join(folder, 'nothing.onnx'))).code).toBe('model.not-found');
    expect((await failureOf(join(folder, 'weights.bin', 'x.onnx'))).code).toBe('model.not-found');
    expect((await failureOf(folder)).facts['found']).toBe('a folder');
  });

  test('good external data is read, at its offset', async () => {
    const data = new Uint8Array(64);
    data.set(new Uint8Array(Float32Array.of(1.5, -2).buffer), 7);
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, 'sub', 'data.bin'), data);
    const path = join(folder, 'external.onnx');
    writeFileSync(path, withExternal({ location: 'sub/data.bin', offset: '7', length: '8' }));
    expect((await loadModel(path)).initializers.get('w')).toEqual(float32Tensor([2], [1.5, -2]));
  });
});
