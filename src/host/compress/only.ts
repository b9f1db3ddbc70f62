/** Passes on some layers only: all others are left alone by name. Knows no vscode. */
import { type PassId } from '../../passes/declarations';

/** Layers that may change, and no others. */
export interface OnlyLayers {
  readonly layers: readonly string[];
  /** Of passes that take channels out: these as well, since what reads a channel changes with it. */
  readonly channels?: readonly string[];
}

/** The layers among the arguments of a command: an object `{ only: { layers: […] } }`. */
export function onlyIn(args: readonly unknown[]): OnlyLayers | undefined {
  for (const each of args) {
    const only = fieldOf(each, 'only');
    const layers = namesIn(fieldOf(only, 'layers'));
    const channels = namesIn(fieldOf(only, 'channels'));
    if (layers) return { layers, ...(channels && { channels }) };
  }
  return undefined;
}

/** What a pass is told to exclude. */
export function exceptOnly({ layers, channels }: OnlyLayers, pass: string): readonly string[] {
  const takesChannels: readonly string[] = ['prune-channels', 'prune-heads'] satisfies PassId[];
  const free = channels && takesChannels.includes(pass) ? channels : layers;
  return ['*', ...free.map((name) => `!${name}`)];
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[field] : undefined;
}

function namesIn(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return value.every((name): name is string => typeof name === 'string') ? value : undefined;
}
