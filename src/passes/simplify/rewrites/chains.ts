/** Fuses chains of nodes that move or convert data into one, or none. */
import { Attribute } from '../../../graph/attribute';
import { dataTypeOfCode, type DataType } from '../../../graph/dataType';
import { type Node } from '../../../graph/node';
import { type Editor, type Rewrite } from '../editor';

/** Chains of transposes, casts and concats. */
export const fuseChains: Rewrite = {
  id: 'chain',
  apply(editor) {
    for (const node of editor.nodes()) {
      if (node.domain !== '') continue;
      if (node.opType === 'Transpose') fuseTransposes(editor, node);
      else if (node.opType === 'Cast') fuseCasts(editor, node);
      else if (node.opType === 'Concat') fuseConcats(editor, node);
    }
  },
};

function fuseTransposes(editor: Editor, node: Node): void {
  const before = node.input(0)?.producer;
  if (!before?.is('Transpose') || before.graph !== node.graph || !before.input(0)) return;
  const rank = editor.inference.shapeOf(node.output(0)!)?.length;
  const reversed = rank === undefined ? undefined : Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  const [inner, outer] = [before.ints('perm') ?? reversed, node.ints('perm') ?? reversed];
  if (!inner || !outer) return;
  editor.attempt('chain', node, `fused with Transpose ${before.label}`, () => {
    node.setAttribute(
      Attribute.ints(
        'perm',
        outer.map((axis) => inner[axis]!),
      ),
    );
    node.setInput(0, before.input(0));
  });
}

/** Types that hold every value of the key exactly. */
const widerTypes: Partial<Record<DataType, readonly DataType[]>> = {
  float16: ['float', 'double'],
  bfloat16: ['float', 'double'],
  float: ['double'],
  bool: ['uint8', 'int8', 'int16', 'int32', 'int64', 'float16', 'float', 'double'],
  uint8: ['int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64', 'float16', 'float', 'double'],
  int8: ['int16', 'int32', 'int64', 'float16', 'float', 'double'],
  int16: ['int32', 'int64', 'float', 'double'],
  uint16: ['int32', 'uint32', 'int64', 'uint64', 'float', 'double'],
  int32: ['int64', 'double'],
  uint32: ['int64', 'uint64', 'double'],
};

function fuseCasts(editor: Editor, node: Node): void {
  const before = node.input(0)?.producer;
  const source = before?.input(0);
  if (!before?.is('Cast') || before.graph !== node.graph || !source) return;
  const type = editor.inference.typeOf(source);
  const between = dataTypeOfCode(before.int('to', 0));
  if (type?.kind !== 'tensor' || !between || !widerTypes[type.dataType]?.includes(between)) return;
  // Texts show the type that they were made from; 8-bit floats have kernels for few sources.
  const final = dataTypeOfCode(node.int('to', 0));
  if (!final || !(final in widerTypes || ['double', 'int64', 'uint64'].includes(final))) return;
  editor.attempt('chain', node, `reads past Cast ${before.label}, which loses nothing`, () => node.setInput(0, source));
}

function fuseConcats(editor: Editor, node: Node): void {
  const index = node.inputs.findIndex((value) => {
    const before = value?.producer;
    const same = before?.is('Concat') === true && before.graph === node.graph && before !== node;
    return same && before.int('axis', 1) === node.int('axis', 1) && editor.servesOnly(value!, node);
  });
  const inner = node.input(index)?.producer;
  if (index < 0 || !inner) return;
  editor.attempt('chain', node, `takes the inputs of Concat ${inner.label}`, () => {
    const inputs = [...node.inputs.slice(0, index), ...inner.inputs, ...node.inputs.slice(index + 1)];
    node.truncateInputs(0);
    inputs.forEach((value, position) => node.setInput(position, value));
    inner.graph!.remove(inner);
  });
}
