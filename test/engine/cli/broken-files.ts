import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType,
  GraphProtoSchema,
  ModelProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  type ModelProto,
} from 'onnx-buf';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { smallClassifier, writeModel } from './laboratory';

/** The model `small` of a folder, changed below the level of graphs. */
export function changeModel(folder: string, change: (model: ModelProto) => void): void {
  const path = join(folder, 'small.onnx');
  const model = fromBinary(ModelProtoSchema, readFileSync(path));
  change(model);
  writeFileSync(path, toBinary(ModelProtoSchema, model));
}

export function externalData(location: string) {
  return (model: ModelProto): void => {
    const tensor = model.graph!.initializer[0]!;
    tensor.dataLocation = TensorProto_DataLocation.EXTERNAL;
    tensor.rawData = new Uint8Array();
    tensor.externalData = [create(StringStringEntryProtoSchema, { key: 'location', value: location })];
  };
}

export function subgraph(model: ModelProto): void {
  const node = model.graph!.node[1]!;
  node.opType = 'If';
  node.name = 'branch';
  node.attribute = [
    create(AttributeProtoSchema, {
      name: 'then_branch',
      type: AttributeProto_AttributeType.GRAPH,
      g: create(GraphProtoSchema),
    }),
  ];
}

/** A complete PNG whose header claims a size of 2.7 GB decoded. */
export function hugePng(): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(30_000, 0);
  header.writeUInt32BE(30_000, 4);
  header.set([8, 2], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(100_000))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A model `other` whose input has another name than the cards say. */
export function writeOtherModel(folder: string): void {
  const graph = smallClassifier();
  graph.inputs[0]!.name = graph.nodes[0]!.inputs[0] = 'pixels';
  writeModel(folder, 'other', graph, { hasCard: false });
}
