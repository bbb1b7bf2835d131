import { quoted, type ExampleFacts } from './example-facts';

/** `./classify IMAGE...`, run in its folder, prints file, class, label and score. Undefined for half-precision inputs. */
export function cppExample(facts: ExampleFacts): string | undefined {
  if (facts.inputType === 'float16') return undefined;
  const [height, width] = facts.crop;
  const isRaw = facts.inputType === 'uint8';
  const count = facts.channels === 'gray' ? 1 : 3;
  const number = isRaw ? 'uint8_t' : 'float';
  const elementType = `ONNX_TENSOR_ELEMENT_DATA_TYPE_${isRaw ? 'UINT8' : 'FLOAT'}`;
  const dims = facts.layout === 'NCHW' ? [1, count, height, width] : [1, height, width, count];
  const reals = (values: readonly number[]): string =>
    values.map((value) => `${Number.isInteger(value) ? value.toFixed(1) : value}f`).join(', ');
  return `// Classifies images: ./classify IMAGE...
// c++ -O2 -std=c++17 classify.cpp -lonnxruntime -o classify  (with stb_image.h and stb_image_resize2.h of nothings/stb beside it)
#include <onnxruntime_c_api.h>
#define STB_IMAGE_IMPLEMENTATION
#include "stb_image.h"
#define STB_IMAGE_RESIZE_IMPLEMENTATION
#include "stb_image_resize2.h"
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

const OrtApi* ort = OrtGetApiBase()->GetApi(ORT_API_VERSION);
void check(OrtStatus* status) {
  if (status) std::cerr << ort->GetErrorMessage(status) << '\\n', std::exit(1);
}

int main(int argc, char** argv) {
${isRaw ? '' : `  const float mean[] = {${reals(facts.mean)}}, deviation[] = {${reals(facts.std)}};  // of 0..255, ${facts.channels}\n`}  std::vector<std::string> labels;
  std::ifstream file(${quoted(facts.labelsFile)});
  for (std::string line; std::getline(file, line);) labels.push_back(line);
  if (!ort) return std::cerr << "The library of ONNX Runtime is older than its header\\n", 1;
  OrtEnv* env;
  OrtSessionOptions* options;
  OrtSession* session;
  OrtMemoryInfo* memory;
  check(ort->CreateEnv(ORT_LOGGING_LEVEL_WARNING, "classify", &env));
  check(ort->CreateSessionOptions(&options));
  check(ort->CreateSession(env, ORT_TSTR(${quoted(facts.modelFile)}), options, &session));
  check(ort->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory));
  const char *inputName = ${quoted(facts.inputName)}, *outputName = ${quoted(facts.outputName)};
  for (int i = 1; i < argc; i++) {
    int width, height, channels;
    stbi_uc* pixels = stbi_load(argv[i], &width, &height, &channels, 3);
    if (!pixels) return std::cerr << argv[i] << ": " << stbi_failure_reason() << '\\n', 1;
${scaling(facts.resize)}
    std::vector<uint8_t> scaled(3 * size_t(w) * h);
    stbir_resize(pixels, width, height, 0, scaled.data(), w, h, 0, STBIR_RGB, STBIR_TYPE_UINT8, STBIR_EDGE_CLAMP, STBIR_FILTER_TRIANGLE);
    stbi_image_free(pixels);
    const long left = std::lrint((w - ${width}) / 2.0), top = std::lrint((h - ${height}) / 2.0);
    std::vector<${number}> input(${count * height * width});
    for (int y = 0; y < ${height}; y++)
      for (int x = 0; x < ${width}; x++) {
        const uint8_t* rgb = &scaled[3 * ((top + y) * w + left + x)];
${filling(facts)}
      }
    const int64_t shape[] = {${dims.join(', ')}};
    OrtValue *tensor = nullptr, *output = nullptr;
    check(ort->CreateTensorWithDataAsOrtValue(memory, input.data(), input.size() * sizeof(${number}), shape, 4, ${elementType}, &tensor));
    check(ort->Run(session, nullptr, &inputName, &tensor, 1, &outputName, 1, &output));
    void* values;
    check(ort->GetTensorMutableData(output, &values));
${answer(facts)}
    std::cout << argv[i] << '\\t' << best << '\\t' << labels[best] << '\\t' << score << '\\n';
    ort->ReleaseValue(output);
    ort->ReleaseValue(tensor);
  }
}
`;
}

function scaling(resize: ExampleFacts['resize']): string {
  if (typeof resize !== 'number') return `    const int h = ${resize[0]}, w = ${resize[1]};`;
  return `    const int w = ${resize} * width / std::min(width, height), h = ${resize} * height / std::min(width, height);`;
}

function filling({ channels, layout, inputType, crop: [height, width] }: ExampleFacts): string {
  const normalised = (value: string, channel: string): string =>
    inputType === 'uint8' ? value : `(${value} - mean[${channel}]) / deviation[${channel}]`;
  if (channels === 'gray')
    return `        const int luma = (rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 32768) >> 16;
        input[y * ${width} + x] = ${normalised('luma', '0')};`;
  const value = normalised(`rgb[${channels === 'BGR' ? '2 - c' : 'c'}]`, 'c');
  const place = layout === 'NCHW' ? `(c * ${height} + y) * ${width} + x` : `(y * ${width} + x) * 3 + c`;
  return `        for (int c = 0; c < 3; c++) input[${place}] = ${value};`;
}

function answer({ answer: kind, classes }: ExampleFacts): string {
  if (kind === 'class') return '    const int64_t best = *static_cast<int64_t*>(values);\n    const float score = 1;';
  const scores = '    const float* scores = static_cast<float*>(values);';
  if (kind === 'scores')
    return `${scores}\n    const long best = std::max_element(scores, scores + ${classes}) - scores;\n    const float score = scores[best];`;
  return `${scores}\n    const float score = scores[0];\n    const int best = score > ${kind === 'logit' ? '0' : '0.5f'};`;
}
