/**
 * Where the blocks of an icicle chart lie (Kruskal and Landwehr 1983): a row per level, the width of a block its cost,
 * children below their parent in the order in which they run. What would be too narrow to see is put together.
 */
import { type CostNode } from './costTree';

/** A block. Positions and widths are shares of the chart's width. */
export interface Block {
  readonly id: string;
  /** Absent for blocks put together. */
  readonly node?: CostNode;
  /** How many blocks were put together, with what all of them cost; their parent. */
  readonly rest?: { readonly count: number; readonly value: number; readonly parent: CostNode };
  readonly row: number;
  readonly left: number;
  readonly width: number;
  /** Positions in the list. */
  readonly parent: number;
}

/** Blocks of `root` and what is in it, parents before children; `least` is the least width of a block, as a share. */
export function icicle(root: CostNode, least: number, rows: number): Block[] {
  const blocks: Block[] = [];
  const add = (node: CostNode, row: number, left: number, width: number, parent: number): void => {
    const place = blocks.push({ id: node.id, node, row, left, width, parent }) - 1;
    if (row + 1 < rows && node.value > 0) addChildren(node, row + 1, left, width / node.value, place);
  };
  const addChildren = (node: CostNode, row: number, from: number, scale: number, parent: number): void => {
    let left = from;
    let run: CostNode[] = [];
    const flush = (): void => {
      const value = run.reduce((sum, child) => sum + child.value, 0);
      const count = run.reduce((sum, child) => sum + child.count, 0);
      const width = value * scale;
      // A block of its own name is better than "1 more", however narrow the neighbours are.
      if (width >= least && run[0]) {
        const id = `${run[0].id}…`;
        blocks.push({ id, rest: { count, value, parent: node }, row, left: left - width, width, parent });
      }
      run = [];
    };
    for (const child of node.children) {
      const width = child.value * scale;
      if (width < least) run.push(child);
      else {
        flush();
        add(child, row, left, width, parent);
      }
      left += width;
    }
    flush();
  };
  add(root, 0, 0, 1, -1);
  return blocks;
}

/** Where an arrow key leads from a block: up to the parent, down to the first child, left and right in the row. */
export function neighbour(blocks: readonly Block[], from: number, key: string): number | undefined {
  const block = blocks[from];
  if (!block) return undefined;
  switch (key) {
    case 'ArrowUp':
      return block.parent >= 0 ? block.parent : undefined;
    case 'ArrowDown':
      return found(blocks.findIndex((each) => each.parent === from));
    case 'ArrowLeft':
    case 'ArrowRight': {
      const row = blocks.flatMap((each, index) => (each.row === block.row ? [index] : []));
      row.sort((a, b) => (blocks[a]?.left ?? 0) - (blocks[b]?.left ?? 0));
      return row[row.indexOf(from) + (key === 'ArrowRight' ? 1 : -1)];
    }
    case 'Home':
      return 0;
    default:
      return undefined;
  }
}

function found(index: number): number | undefined {
  return index < 0 ? undefined : index;
}
