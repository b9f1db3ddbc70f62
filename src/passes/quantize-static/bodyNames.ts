/** Names of values in bodies, made unique: ONNX lets two branches use the same ones, but ranges are known by name. */
import { type Model } from '../../graph/model';

/** Renames in place where a name occurs in more than one body; new names with what they were. */
export function uniqueBodyNames(model: Model): Map<string, string> {
  const renamed = new Map<string, string>();
  const taken = new Set<string>();
  for (const graph of model.graph.allGraphs()) {
    const values = [...graph.inputs, ...graph.initializers.values()];
    for (const { outputs } of graph.nodes()) for (const value of outputs) if (value) values.push(value);
    for (const value of new Set(values)) {
      if (!taken.has(value.name)) taken.add(value.name);
      else {
        const before = value.name;
        graph.renameApart(value);
        taken.add(value.name);
        renamed.set(value.name, before);
      }
    }
  }
  return renamed;
}
