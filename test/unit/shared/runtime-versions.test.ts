import { expect, it } from 'vitest';
import { versionsOf } from '@shared/runtime-versions';

it('names each runtime that can be used, with its version', () => {
  const runtimes = [
    { title: 'ONNX Runtime', version: '1.22.0' },
    { title: 'ONNX Runtime Web', version: '1.23.0' },
  ];
  expect(versionsOf([...runtimes, { title: 'Edge TPU' }])).toEqual(['ONNX Runtime 1.22.0', 'ONNX Runtime Web 1.23.0']);
});
