/** Weights that no layer reads. */
import { type Graph } from '../../../graph/graph';
import { type Value } from '../../../graph/value';
import { type CheckContext } from '../context';
import { type Finding, type Rule } from '../rule';

/** Below this, a leftover costs nothing that a person would notice, and exporters leave dozens: bytes. */
const noticeable = 64 << 10;

const fix = { pass: 'simplify', options: {} };

/** Initializers without a reader: the large ones one by one, the small ones together. */
export const unusedInitializer: Rule = {
  code: 'unused-initializer',
  summary: 'A weight that nothing reads.',
  *check(context): Generator<Finding> {
    const unused = unusedValues(context);
    for (const value of unused.filter((each) => bytesOf(each) >= noticeable)) {
      const message = `Nothing reads this weight: ${bytesOf(value)} bytes of the file for nothing.`;
      yield { severity: 'warning', tensor: value.name, message, fix };
    }
    const small = unused.filter((each) => bytesOf(each) < noticeable);
    const [first] = small;
    if (!first) return;
    const bytes = small.reduce((sum, value) => sum + bytesOf(value), 0);
    const what = small.length === 1 ? 'this initializer' : `${small.length} initializers, "${first.name}" the first`;
    yield { severity: 'hint', tensor: first.name, message: `Nothing reads ${what}: ${bytes} bytes.`, fix };
  },
};

const bytesOf = ({ constant }: Value): number => constant?.byteLength ?? 0;

function unusedValues({ model, nodes }: CheckContext): readonly Value[] {
  const graphs: readonly Graph[] = [model.graph, ...nodes.flatMap((node) => node.bodies)];
  return graphs.flatMap((graph) =>
    [...graph.initializers.values()].filter((value) => {
      // What a body lists as an input is filled by its caller.
      const isFilled = graph.parent !== undefined && graph.inputs.includes(value);
      return value.useCount === 0 && !graph.outputs.includes(value) && !isFilled;
    }),
  );
}
