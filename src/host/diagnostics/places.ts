/** Where a finding stands in a model's graph text. Knows no vscode. */
import { type Diagnostic } from '../../protocol/check';
import { parseLine } from '../graphText/lineParser';

/** A stretch of a line. */
export interface TextPlace {
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

/** What places are looked up in. */
export interface PlacedText {
  readonly lines: readonly string[];
  /** Line of each layer, by its index. */
  readonly nodeLines: readonly number[];
  /** Names of the layers, in the same order. */
  readonly layers: readonly string[];
}

/** Finds places; the lines of the nodes are sorted out once, as there are many findings for one text. */
export class Places {
  private lines?: ReadonlyMap<string, number>;

  constructor(private readonly text: PlacedText) {}

  /** The operator of the node, else where the tensor is written down, else the line that tells the opset. */
  of({ node, tensor }: Pick<Diagnostic, 'node' | 'tensor'>): TextPlace {
    const line = node === undefined ? undefined : this.nodes.get(node);
    if (line !== undefined) return this.operator(line);
    const value = tensor === undefined ? undefined : this.declaration(tensor);
    return (
      value ??
      this.whole(
        Math.max(
          0,
          this.head.findIndex((text) => text.includes('opset_import')),
        ),
      )
    );
  }

  private get nodes(): ReadonlyMap<string, number> {
    if (this.lines) return this.lines;
    const { layers, nodeLines } = this.text;
    const lines = new Map<string, number>();
    layers.forEach((name, index) => {
      const line = nodeLines[index];
      if (line !== undefined && line >= 0 && !lines.has(name)) lines.set(name, line);
    });
    return (this.lines = lines);
  }

  private get head(): readonly string[] {
    return this.text.lines.slice(0, 20);
  }

  /** Weights stand at the top: the search is short, and only a line that holds the name is read. */
  private declaration(name: string): TextPlace | undefined {
    const quoted = JSON.stringify(name).slice(1, -1);
    for (const [line, text] of this.text.lines.entries()) {
      if (!text.includes(quoted)) continue;
      const place = parseLine(text).defines.find((each) => each.name === name);
      if (place) return { line, start: place.start, end: place.end };
    }
    return undefined;
  }

  /** Not the whole line: a wave under all of its attributes would be louder than what it says. */
  private operator(line: number): TextPlace {
    const { operator } = parseLine(this.text.lines[line] ?? '');
    return operator ? { line, start: operator.start, end: operator.end } : this.whole(line);
  }

  private whole(line: number): TextPlace {
    const text = this.text.lines[line] ?? '';
    return { line, start: text.length - text.trimStart().length, end: text.trimEnd().length };
  }
}
