/** Language-model tools: what an agent in the editor may do with models. */
import { declarations } from '../passes/declarations';
import { presets } from '../passes/presets';
import { type Texts } from './texts';

/** Names of the tools; `host/tools` must register each, or it does not compile. */
export const toolNames = ['lapidary_inspect', 'lapidary_compress', 'lapidary_compare'] as const;

/** Name of a tool. */
export type ToolName = (typeof toolNames)[number];

/** What all tools have in common. */
const common = { canBeReferencedInPrompt: true, tags: ['onnx', 'machine-learning'] };

const path = (what: string) => ({
  type: 'string',
  description: `${what}: an absolute path, or one relative to the workspace folder.`,
});

const dims = {
  type: 'object',
  additionalProperties: { type: 'integer', minimum: 1 },
  description: 'Values for dynamic dimensions, by name, such as {"batch": 1}.',
};

const data = {
  type: 'string',
  description:
    'Data to calibrate with and to measure quality on: a folder of images, an .npy, .npz, .csv, .json or .wav file, or a *.data.json. Without it, quality is measured on random inputs.',
};

/** `contributes.languageModelTools`. */
export function toolContributions(texts: Texts): readonly unknown[] {
  return [inspectTool(texts), compressTool(texts), compareTool(texts)];
}

function inspectTool(texts: Texts): object {
  return {
    name: 'lapidary_inspect',
    toolReferenceName: 'onnxInspect',
    displayName: texts.add('tool.inspect', 'Inspect ONNX Model'),
    userDescription: texts.add('tool.inspect.description', 'What the layers of an ONNX model cost'),
    modelDescription:
      'Reports what an ONNX model costs: file size, parameters, multiply-accumulates (MACs), activation memory, inputs and outputs, and its costliest layers. Reads only the graph; runs nothing and writes nothing.',
    icon: '$(graph)',
    ...common,
    inputSchema: {
      type: 'object',
      required: ['model'],
      properties: {
        model: path('The .onnx file'),
        dims,
        layers: { type: 'integer', minimum: 1, maximum: 200, description: 'How many layers to list; default 20.' },
      },
    },
  };
}

function compressTool(texts: Texts): object {
  return {
    name: 'lapidary_compress',
    toolReferenceName: 'onnxCompress',
    displayName: texts.add('tool.compress', 'Compress ONNX Model'),
    userDescription: texts.add(
      'tool.compress.description',
      'Make an ONNX model smaller or faster, and measure the result',
    ),
    modelDescription: `Writes a smaller or faster copy of an ONNX model beside it and measures the copy against the original (size, latency on this machine, output error, accuracy where the data has labels). Give either a preset or steps. The original is never modified. Presets: ${presets
      .map(({ id, summary }) => `${id} (${summary})`)
      .join(' ')} Passes for steps: ${Object.values(declarations)
      .map(({ id, summary }) => `${id} (${summary})`)
      .join(' ')}`,
    icon: '$(package)',
    ...common,
    inputSchema: {
      type: 'object',
      required: ['model'],
      properties: {
        model: path('The .onnx file'),
        output: path('Where to write; default: beside the model. A file that exists is not overwritten'),
        preset: { type: 'string', enum: presets.map(({ id }) => id) },
        steps: {
          type: 'array',
          minItems: 1,
          description: 'Passes in order, each with its options (see the recipe schema); options have defaults.',
          items: {
            type: 'object',
            required: ['pass'],
            properties: {
              pass: { type: 'string', enum: Object.keys(declarations) },
              options: { type: 'object' },
            },
          },
        },
        data,
        dims,
      },
    },
  };
}

function compareTool(texts: Texts): object {
  return {
    name: 'lapidary_compare',
    toolReferenceName: 'onnxCompare',
    displayName: texts.add('tool.compare', 'Compare ONNX Models'),
    userDescription: texts.add('tool.compare.description', 'Measure one ONNX model against another'),
    modelDescription:
      'Runs two ONNX models with the same inputs on the same data and reports size, cost, latency (interleaved, with its spread) and how far their outputs differ; accuracy where the data has labels.',
    icon: '$(compare-changes)',
    ...common,
    inputSchema: {
      type: 'object',
      required: ['before', 'after'],
      properties: { before: path('The first model'), after: path('The second model'), data, dims },
    },
  };
}
