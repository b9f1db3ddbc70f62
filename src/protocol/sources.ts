/** Where in the source program the layers of a model come from: what exporters wrote into it, with what each layer costs. */
import { type PlainCost } from './report';

/** `sources`: which lines of which program made the layers. Costs what the graph costs, reads no weight. */
export interface SourcesRequest {
  readonly path: string;
  readonly dims?: Readonly<Record<string, number>>;
}

/** A line of a program on the way to a layer, as the exporter saw it. */
export interface SourceFrame {
  /** Path on the machine that exported the model. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly functionName: string;
  /** The line itself, without indentation. */
  readonly text: string;
}

/** A layer with the way to it. */
export interface SourceLayer {
  readonly name: string;
  readonly opType: string;
  readonly kind: string;
  /** Modules around it, outermost first, joined by '/': "layers/0/conv1". */
  readonly scope: string;
  readonly parameters: number;
  readonly macs: PlainCost;
  /** Indices into the report's frames, outermost first; lines of libraries are left out. */
  readonly frames: readonly number[];
}

/** What `sources` gives. */
export interface SourcesReport {
  readonly parameters: number;
  readonly macs: PlainCost;
  readonly frames: readonly SourceFrame[];
  readonly layers: readonly SourceLayer[];
}
