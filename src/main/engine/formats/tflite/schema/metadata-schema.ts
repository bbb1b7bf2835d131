import { defineSchema } from '../../flatbuffer/schema';

/**
 * The public schema of a network's description for people and for Android's task library (metadata_schema.fbs of tensorflow/tflite-support,
 * version 1.1.0). "-": what only texts and sounds need.
 */
export const metadataSchema = defineSchema({
  identifier: 'M001',
  root: 'ModelMetadata',
  tables: {
    ModelMetadata: {
      name: 'string',
      description: 'string',
      version: 'string',
      subgraphMetadata: '[SubGraphMetadata]',
      author: 'string',
      license: 'string',
      associatedFiles: '[AssociatedFile]',
      minParserVersion: 'string',
    },
    SubGraphMetadata: {
      name: 'string',
      description: 'string',
      inputTensorMetadata: '[TensorMetadata]',
      outputTensorMetadata: '[TensorMetadata]',
      associatedFiles: '[AssociatedFile]',
    },
    TensorMetadata: {
      name: 'string',
      description: 'string',
      dimensionNames: '[string]',
      content: 'Content',
      processUnits: '[ProcessUnit]',
      stats: 'Stats',
      associatedFiles: '[AssociatedFile]',
    },
    Content: { contentProperties: 'ContentProperties' },
    ImageProperties: { colorSpace: 'ColorSpaceType', defaultSize: 'ImageSize' },
    ImageSize: { width: 'uint32', height: 'uint32' },
    ProcessUnit: { options: 'ProcessUnitOptions' },
    NormalizationOptions: { mean: '[float32]', std: '[float32]' },
    Stats: { max: '[float32]', min: '[float32]' },
    AssociatedFile: { name: 'string', description: 'string', type: 'AssociatedFileType', locale: 'string' },
  },
  enumerations: {
    ColorSpaceType: { type: 'int8', names: ['UNKNOWN', 'RGB', 'GRAYSCALE'] },
    AssociatedFileType: {
      type: 'int8',
      names: [
        'UNKNOWN',
        'DESCRIPTIONS',
        'TENSOR_AXIS_LABELS',
        'TENSOR_VALUE_LABELS',
        'TENSOR_AXIS_SCORE_CALIBRATION',
        'VOCABULARY',
      ],
    },
  },
  unions: {
    ContentProperties: ['FeatureProperties', 'ImageProperties', 'BoundingBoxProperties'],
    ProcessUnitOptions: ['NormalizationOptions', 'ScoreCalibrationOptions', 'ScoreThresholdingOptions'],
  },
});
