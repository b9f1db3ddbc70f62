/** Opset imports as a map. */
import { type OperatorSetIdProto } from '../onnx/schema/onnx_pb';

/** The domain as the IR writes it: '' is ai.onnx. */
export function domainOf({ domain }: OperatorSetIdProto): string {
  return domain === 'ai.onnx' ? '' : domain;
}

/** Version by domain; of a repeated domain the last counts. */
export function opsetsFromProto(imports: readonly OperatorSetIdProto[]): Map<string, number> {
  return new Map(imports.map((entry) => [domainOf(entry), Number(entry.version)]));
}
