/** Draws a laid-out graph onto a canvas, in the theme's colours; only what is in sight. */
import { visibleName } from '../../../src/report/text';
import { boxHeight, type Layout, type Point } from './layout';
import { type GraphNode } from './visible';

/** Which part of the drawing is in sight: pixels of the canvas for a pixel of the drawing, and where its corner is. */
export interface View {
  readonly scale: number;
  readonly left: number;
  readonly top: number;
}

/** What is drawn. */
export interface Drawing {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly (readonly [from: number, to: number])[];
  readonly layout: Layout;
  readonly widths: readonly number[];
  /** Of the costliest box: the warmest colour. */
  readonly largest: number;
  readonly selected: number | undefined;
  /** A line below the name of a box: kind and cost. */
  readonly details: readonly string[];
}

/** Below this scale words are too small to read. */
const wordsFrom = 0.45;

/** Colours of the theme. */
interface Colours {
  readonly box: string;
  readonly border: string;
  readonly text: string;
  readonly quiet: string;
  readonly edge: string;
  readonly focus: string;
  readonly warm: string;
  readonly font: string;
}

function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  const of = (name: string, fallback: string): string => style.getPropertyValue(`--vscode-${name}`).trim() || fallback;
  return {
    box: of('editorWidget-background', '#808080'),
    border: of('contrastBorder', of('editorWidget-border', of('widget-border', '#808080'))),
    text: of('foreground', '#808080'),
    quiet: of('descriptionForeground', '#808080'),
    edge: of('editorLineNumber-foreground', '#808080'),
    focus: of('focusBorder', '#0078d4'),
    warm: of('charts-orange', '#d18616'),
    font: of('font-family', 'sans-serif'),
  };
}

/** Draws everything anew. */
export function draw(canvas: HTMLCanvasElement, drawing: Drawing, view: View): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const ratio = window.devicePixelRatio;
  const colours = coloursOf(canvas);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.setTransform(
    ratio * view.scale,
    0,
    0,
    ratio * view.scale,
    -ratio * view.left * view.scale,
    -ratio * view.top * view.scale,
  );
  const sight = {
    left: view.left,
    top: view.top,
    right: view.left + canvas.width / ratio / view.scale,
    bottom: view.top + canvas.height / ratio / view.scale,
  };
  drawEdges(context, drawing, colours, sight, view.scale);
  drawBoxes(context, drawing, colours, sight, view.scale);
}

interface Sight {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function drawEdges(
  context: CanvasRenderingContext2D,
  drawing: Drawing,
  colours: Colours,
  sight: Sight,
  scale: number,
): void {
  const { edges, layout, selected } = drawing;
  for (const [index, path] of layout.paths.entries()) {
    const [from, to] = [path[0], path.at(-1)];
    if (!from || !to || Math.max(from[1], to[1]) < sight.top || Math.min(from[1], to[1]) > sight.bottom) continue;
    const [source, target] = edges[index]!;
    const isOwn = source === selected || target === selected;
    context.strokeStyle = isOwn ? colours.focus : colours.edge;
    context.fillStyle = context.strokeStyle;
    context.lineWidth = isOwn ? 2 : Math.min(1.2, 0.7 / scale);
    context.globalAlpha = isOwn ? 1 : 0.7;
    drawPath(context, path, scale > wordsFrom);
  }
  context.globalAlpha = 1;
}

/** A curve through the points, from the lower edge of the first box to the upper edge of the last. */
function drawPath(context: CanvasRenderingContext2D, path: readonly Point[], withHead: boolean): void {
  const half = boxHeight / 2;
  const down = path.at(-1)![1] >= path[0]![1] ? 1 : -1;
  context.beginPath();
  let [x, y] = [path[0]![0], path[0]![1] + down * half];
  context.moveTo(x, y);
  for (const [nextX, middle] of path.slice(1)) {
    const nextY = middle - down * half;
    const bend = (y + nextY) / 2;
    context.bezierCurveTo(x, bend, nextX, bend, nextX, nextY);
    [x, y] = [nextX, nextY];
    // Through the row of an invisible box, straight.
    if (nextX !== path.at(-1)![0] || middle !== path.at(-1)![1]) {
      y = middle + down * half;
      context.lineTo(x, y);
    }
  }
  context.stroke();
  if (!withHead) return;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x - 4, y - down * 7);
  context.lineTo(x + 4, y - down * 7);
  context.fill();
}

function drawBoxes(
  context: CanvasRenderingContext2D,
  drawing: Drawing,
  colours: Colours,
  sight: Sight,
  scale: number,
): void {
  const { nodes, layout, widths, largest, selected, details } = drawing;
  for (const [index, node] of nodes.entries()) {
    const width = widths[index]!;
    const [left, top] = [layout.x[index]! - width / 2, layout.y[index]! - boxHeight / 2];
    if (left > sight.right || left + width < sight.left || top > sight.bottom || top + boxHeight < sight.top) continue;
    const share = largest > 0 ? node.value / largest : 0;
    if (node.kind === 'scope') box(context, left + 4, top + 4, width, colours.box, colours.border, 1);
    box(context, left, top, width, colours.box, colours.border, 1);
    if (share > 0) {
      // Never so warm that words on it fall below a contrast of 4.5 to 1.
      context.globalAlpha = 0.08 + 0.37 * Math.sqrt(share);
      box(context, left, top, width, colours.warm, undefined, 1);
      context.globalAlpha = 1;
    }
    if (index === selected) box(context, left, top, width, undefined, colours.focus, 2.5);
    if (scale > wordsFrom) words(context, node, details[index] ?? '', { left, top, width }, colours);
  }
}

function box(
  context: CanvasRenderingContext2D,
  left: number,
  top: number,
  width: number,
  fill: string | undefined,
  stroke: string | undefined,
  line: number,
): void {
  context.beginPath();
  context.roundRect(left, top, width, boxHeight, 4);
  if (fill !== undefined) {
    context.fillStyle = fill;
    context.fill();
  }
  if (stroke === undefined) return;
  context.strokeStyle = stroke;
  context.lineWidth = line;
  context.stroke();
}

function words(
  context: CanvasRenderingContext2D,
  node: GraphNode,
  detail: string,
  { left, top, width }: { left: number; top: number; width: number },
  { text, quiet, font }: Colours,
): void {
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillStyle = text;
  context.font = `${node.kind === 'scope' ? '600 ' : ''}12px ${font}`;
  const single = detail === '';
  context.fillText(visibleName(node.label), left + width / 2, top + boxHeight / (single ? 2 : 3), width - 10);
  if (single) return;
  context.fillStyle = node.value > 0 ? text : quiet;
  context.font = `11px ${font}`;
  context.fillText(detail, left + width / 2, top + (boxHeight * 2) / 3 + 1, width - 10);
}

/** The box at a point of the drawing. */
export function boxAt({ layout, widths, nodes }: Drawing, x: number, y: number): number | undefined {
  for (let index = 0; index < nodes.length; index++) {
    if (Math.abs(layout.x[index]! - x) <= widths[index]! / 2 && Math.abs(layout.y[index]! - y) <= boxHeight / 2)
      return index;
  }
  return undefined;
}
