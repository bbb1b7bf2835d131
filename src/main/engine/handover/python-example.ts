import { quoted, type ExampleFacts } from './example-facts';

/** `python classify.py IMAGE...` prints file, class, label and score. Pixels are prepared as they were for the figures, bit for bit. */
export function pythonExample(facts: ExampleFacts): string {
  const [height, width] = facts.crop;
  const list = (values: readonly number[]): string => `np.array([${values.join(', ')}], dtype=np.float32)`;
  const isRaw = facts.inputType === 'uint8';
  return `"""Classifies images: python classify.py IMAGE...  (pip install onnxruntime numpy pillow)"""
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

HERE = Path(__file__).resolve().parent
LABELS = (HERE / ${quoted(facts.labelsFile)}).read_text(encoding="utf-8").splitlines()
${isRaw ? '' : `MEAN, STD = ${list(facts.mean)}, ${list(facts.std)}  # of 0..255, ${facts.channels}\n`}

def prepare(path):
    image = Image.open(path).convert("RGB")
${scaling(facts.resize)}
    left, top = round((image.width - ${width}) / 2), round((image.height - ${height}) / 2)
    image = image.crop((left, top, left + ${width}, top + ${height}))
${pixels(facts)}


session = onnxruntime.InferenceSession(str(HERE / ${quoted(facts.modelFile)}), providers=["CPUExecutionProvider"])
for path in sys.argv[1:]:
    scores = session.run([${quoted(facts.outputName)}], {${quoted(facts.inputName)}: prepare(path)})[0].reshape(-1)
${answer(facts)}
    print(path, best, LABELS[best], f"{score:.4f}", sep="\\t")
`;
}

function scaling(resize: ExampleFacts['resize']): string {
  if (typeof resize !== 'number') return `    image = image.resize((${resize[1]}, ${resize[0]}), Image.BILINEAR)`;
  return `    short = min(image.size)
    image = image.resize((${resize} * image.width // short, ${resize} * image.height // short), Image.BILINEAR)`;
}

function pixels({ channels, layout, inputType }: ExampleFacts): string {
  const read = channels === 'gray' ? 'np.asarray(image.convert("L"))[..., np.newaxis]' : 'np.asarray(image)';
  const ordered = channels === 'BGR' ? `${read}[..., ::-1]` : read;
  const placed = layout === 'NCHW' ? '.transpose(2, 0, 1)' : '';
  if (inputType === 'uint8') return `    return np.ascontiguousarray(${ordered}${placed}[np.newaxis])`;
  return `    pixels = (${ordered}.astype(np.float32) - MEAN) / STD
    return np.ascontiguousarray(pixels${placed}[np.newaxis], dtype=np.${inputType})`;
}

function answer({ answer: kind }: ExampleFacts): string {
  if (kind === 'scores') return '    best = int(scores.argmax())\n    score = scores[best]';
  if (kind === 'class') return '    best, score = int(scores[0]), 1.0';
  return `    best, score = int(scores[0] > ${kind === 'logit' ? '0' : '0.5'}), scores[0]`;
}
