import type { Machine } from '@shared/run';
import { calculator } from '../compression/calculator';
import { findRuntime } from '../runtimes/registry';
import type { Requirement } from '../sweep/plan';
import { fitsHere } from '../sweep/requirement';

/** Whether the machine that runs the sweep may do a step. Asks only for the versions that the step names. */
export function isDoneHere(requires: Requirement, machine: Machine): boolean {
  const runtimes = Object.fromEntries(Object.keys(requires.versions).map((id) => [id, versionHere(id)]));
  return fitsHere(requires, { machine, runtimes });
}

/** '' where its library is not here. */
function versionHere(id: string): string {
  try {
    return id === 'onnxruntime' ? calculator.version() : findRuntime(id).version();
  } catch {
    return '';
  }
}
