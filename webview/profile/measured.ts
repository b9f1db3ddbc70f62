/** Layers with what a run told of them: their time, and how the runtime executed them. */
import { type AuditedLayer, type AuditReport } from '../../src/protocol/audit';
import { type LayerReport } from '../../src/protocol/report';

/** A layer; without a run, nothing is known of its time. */
export interface MeasuredLayer extends LayerReport {
  /** Milliseconds, median; absent where nothing was measured, 0 for a layer that was fused into another. */
  readonly latencyMs?: number;
  readonly audited?: AuditedLayer;
}

/** The rows with the audit's, by their names. */
export function measuredLayers(
  layers: readonly LayerReport[],
  audit: AuditReport | undefined,
): readonly MeasuredLayer[] {
  if (!audit) return layers;
  const byName = new Map(audit.layers.map((layer) => [layer.node, layer]));
  return layers.map((layer) => {
    const audited = byName.get(layer.name);
    if (!audited) return layer;
    const { latencyMs = audited.fusedInto === undefined && audited.runsAs !== 'removed' ? undefined : 0 } = audited;
    return { ...layer, audited, ...(latencyMs !== undefined && { latencyMs }) };
  });
}

/** Whether any layer has a time. */
export const hasTimes = (layers: readonly MeasuredLayer[]): boolean =>
  layers.some(({ latencyMs }) => latencyMs !== undefined && latencyMs > 0);
