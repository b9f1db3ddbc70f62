/** What a person types for dimensions and shapes, read and written. */
import { type PlainDim, type PortReport } from '../../src/protocol/report';

/** A dimension: a whole number from 1; null for nothing; undefined for anything else. */
export function readDimension(typed: string): number | null | undefined {
  const trimmed = typed.trim();
  if (trimmed === '') return null;
  return /^\d{1,9}$/.test(trimmed) && Number(trimmed) > 0 ? Number(trimmed) : undefined;
}

/** A shape: dimensions with x, ×, commas or spaces between them; null for nothing; undefined for anything else. */
export function readShape(typed: string): readonly number[] | null | undefined {
  const parts = typed
    .trim()
    .replace(/^\[|\]$/g, '')
    .split(/\s*[x×,*]\s*|\s+/i)
    .filter((part) => part !== '');
  if (parts.length === 0) return null;
  const dimensions = parts.map(readDimension);
  return dimensions.every((dimension) => typeof dimension === 'number') ? dimensions : undefined;
}

/** "1 × 3 × 224 × 224"; unknown dimensions as "?". */
export function shapeText(shape: readonly PlainDim[]): string {
  return shape.map((dimension) => dimension ?? '?').join(' × ');
}

/** Whether symbols alone cannot give an input its shape: some dimension has no name, or even the rank is unknown. */
export function needsShape({ shape }: PortReport): boolean {
  return shape === null || shape.includes(null);
}
