import { packCodes } from '../blob-file';
import { floatBytes, type Arguments, type MilValue, type ProgramBuilder } from '../program-builder';
import { dataTypes } from '../schema';
import type { StepForm, StoredForm, TableForm } from './weights';

/** The weights of a layer: a constant of plain numbers, or what decodes them when the file is loaded, an operation of the constexpr family. */
export function emitWeights(
  builder: ProgramBuilder,
  { kind, values, mask, steps, table }: StoredForm,
  shape: readonly number[],
  name: string,
): MilValue {
  if (kind === 'dense') return builder.floats(values, shape, name);
  builder.needs('CoreML8');
  const { precision } = builder;
  const decoder = new WeightDecoder(builder, shape);
  if (!mask)
    return table
      ? builder.emit('constexpr_lut_to_dense', decoder.table(table, shape, 'indices'), { shape, name })
      : builder.emit('constexpr_blockwise_shift_scale', decoder.steps(steps!, shape, 'data'), { shape, name });

  const count = [mask.reduce((sum, bit) => sum + bit, 0)];
  const stored = builder.stored('UINT1', packCodes(mask, 1), shape);
  if (kind === 'sparse') {
    const numbers = floatBytes(Float32Array.from(keptBy(mask, values)), precision);
    const inputs = { nonzero_data: builder.stored(precision, numbers, count), mask: stored };
    return builder.emit('constexpr_sparse_to_dense', inputs, { shape, name });
  }
  const results = [
    { shape, type: 'UINT1' as const, name: `${name}_mask` },
    { shape: count, name: `${name}_nonzero` },
  ];
  const [bits, numbers] = table
    ? builder.emitAll(
        'constexpr_lut_to_sparse',
        { indices_mask: stored, ...decoder.table(table, count, 'indices_nonzero_data') },
        results,
      )
    : builder.emitAll(
        'constexpr_sparse_blockwise_shift_scale',
        {
          data_mask: stored,
          ...decoder.steps({ ...steps!, codes: keptBy(mask, steps!.codes) }, count, 'nonzero_data'),
        },
        results,
      );
  return builder.emit('constexpr_sparse_to_dense', { nonzero_data: numbers, mask: bits }, { shape, name });
}

const keptBy = (mask: Uint8Array, values: ArrayLike<number>): number[] =>
  Array.from(values).filter((_, index) => mask[index] === 1);

/** Stores codes and what they stand for, as inputs of operations. */
class WeightDecoder {
  constructor(
    private readonly builder: ProgramBuilder,
    private readonly shape: readonly number[],
  ) {}

  table({ type, bits, codes, tables, entries }: TableForm, shape: readonly number[], field: string): Arguments {
    const tablesShape = [...this.perChannel(tables), 2 ** bits, 1];
    return {
      [field]: this.builder.stored(type, packCodes(codes, bits), shape),
      lut: this.floats(entries, tablesShape),
    };
  }

  steps({ type, codes, scale, offset }: StepForm, shape: readonly number[], field: string): Arguments {
    return {
      [field]: this.builder.stored(type, packCodes(codes, dataTypes[type].bits), shape),
      scale: this.floats(scale, this.perChannel(scale.length)),
      offset: offset && this.floats(offset, this.perChannel(offset.length)),
    };
  }

  private floats(values: Float32Array, shape: readonly number[]) {
    const { precision } = this.builder;
    return this.builder.stored(precision, floatBytes(values, precision), shape);
  }

  /** The shape of what output channels have each, or some of them together. */
  private perChannel(count: number): number[] {
    return this.shape.map((_, axis) => (axis === 0 ? count : 1));
  }
}
