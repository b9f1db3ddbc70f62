/** Where the bytes of a decoded tensor are when the message itself does not hold them. */
import { type TensorProto } from './schema/onnx_pb';

/** Reads ranges of bytes; what graph/tensor.ts calls a ByteSource. */
export interface PayloadSource {
  readonly name: string;
  read(offset: number, length: number): Uint8Array;
  /** Fills `target` from `offset` on; saves the copying of weights a buffer each. */
  readInto?(target: Uint8Array, offset: number): void;
  /** Keeps the file open until the returned function is called. */
  hold?(): () => void;
}

/** Raw data of a tensor: in memory or in a file. */
export type Payload =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'span'; readonly source: PayloadSource; readonly offset: number; readonly length: number };

/**
 * Keyed by the message, so that a tensor deep inside a part that the IR only carries along (training info) keeps its
 * payload without anybody passing a table around.
 */
const payloads = new WeakMap<TensorProto, Payload>();

/** The payload that stands in for `raw_data` of a tensor, if one was set. */
export function payloadOf(tensor: TensorProto): Payload | undefined {
  return payloads.get(tensor);
}

/** Says where the raw data of a tensor is (undefined: nowhere but in the message). */
export function setPayload(tensor: TensorProto, payload: Payload | undefined): void {
  if (payload) payloads.set(tensor, payload);
  else payloads.delete(tensor);
}

/** Length of a payload in bytes. */
export function payloadLength(payload: Payload): number {
  return payload.kind === 'bytes' ? payload.bytes.length : payload.length;
}
