import { describe, expect, it } from 'vitest';
import { cleanRuntimeMessage } from '../../../src/main/engine/runtimes/runtime-message';

describe('cleanRuntimeMessage', () => {
  it.each([
    {
      name: 'the model path',
      message: 'Load model from /models/a.onnx failed:Protobuf parsing failed.',
      expected: 'Protobuf parsing failed',
    },
    {
      name: 'the model path, twice',
      message: "Load model from /models/a.onnx failed:Load model /models/a.onnx failed. File doesn't exist",
      expected: "File doesn't exist",
    },
    {
      name: 'C++ file, line and function',
      message:
        'Exception during initialization: /onnxruntime_src/onnxruntime/core/optimizer/initializer.cc:31 onnxruntime::Initializer::Initializer(const onnx::TensorProto&, const onnxruntime::PathString&) data_type is not supported.',
      expected: 'data_type is not supported',
    },
    {
      name: 'a status prefix',
      message: '[ONNXRuntimeError] : 10 : INVALID_GRAPH : This is an invalid model. In Node, ("x", Conv): bad',
      expected: 'This is an invalid model. In Node, ("x", Conv): bad',
    },
    {
      name: 'a condition in C++',
      message:
        '/onnxruntime_src/onnxruntime/core/providers/webgpu/webgpu_context.cc:136 onnxruntime::webgpu::WebGpuContext::Initialize(const onnxruntime::webgpu::WebGpuContextConfig&)::<lambda()> adapter_result.status == wgpu::RequestAdapterStatus::Success was false. Failed to get a WebGPU adapter: No supported adapters',
      expected: 'Failed to get a WebGPU adapter: No supported adapters',
    },
    { name: 'line breaks', message: 'Got 10\n  index: 2 Expected 224\n', expected: 'Got 10 index: 2 Expected 224' },
    { name: 'nothing', message: '', expected: 'it gave no reason' },
  ])('removes $name', ({ message, expected }) => {
    expect(cleanRuntimeMessage(message, '/models/a.onnx')).toBe(expected);
  });

  it('is short whatever comes', () => {
    expect(cleanRuntimeMessage('word '.repeat(5000), '/a').length).toBeLessThanOrEqual(240);
    expect(cleanRuntimeMessage(`${'('.repeat(20_000)}x.cc:1 `, '/a').length).toBeLessThanOrEqual(240);
  });
});
