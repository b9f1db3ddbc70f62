/** Metadata (ONNX metadata_props) of whatever has none. */

/** One empty map for all: a large model has a hundred thousand nodes and values without metadata. */
export const noMetadata: ReadonlyMap<string, string> = new Map<string, string>();

/** A copy of some metadata that nobody else can change. */
export function copyMetadata(metadata: ReadonlyMap<string, string> | undefined): ReadonlyMap<string, string> {
  return metadata && metadata.size > 0 ? new Map(metadata) : noMetadata;
}
