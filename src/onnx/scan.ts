/**
 * Walks the wire format of a model without decoding it: checks every length and nesting, and finds the weights that
 * can stay on disk.
 */
import { WireReader, wireType, type WireSource } from './wireReader';
import { messageShape, publishedName, type FieldShape, type MessageShape } from './wireSchema';

/** Deepest nesting of messages; a subgraph takes three levels. The decoder gets the same limit. */
const deepestNesting = 100;

/** Bytes of a weight in the file. */
export interface PayloadSpan {
  readonly offset: number;
  readonly length: number;
}

/** A length (or tag) in the file whose value changes when weights are left out; its width in bytes stays. */
export interface Patch {
  readonly offset: number;
  readonly width: number;
  readonly value: number;
}

/** What a scan finds: the spans left out, and the patches that make the rest a valid message; both by offset. */
export interface Scan {
  readonly spans: PayloadSpan[];
  readonly patches: Patch[];
}

/** One occurrence of a field that may hold weights. */
interface Candidate extends PayloadSpan {
  readonly number: number;
  readonly tagOffset: number;
  readonly lengthOffset: number;
}

const tensorField = { dataType: 2, floatData: 4, rawData: 9, doubleData: 10 } as const;
const tag = (number: number): number => number * 8 + wireType.bytes;

/** float_data and double_data are little-endian and dense, as raw_data is, when they belong to these types. */
const typesOfPackedData = new Map<number, readonly number[]>([
  [tensorField.floatData, [1, 14]],
  [tensorField.doubleData, [11, 15]],
]);

/** Scans a whole file; weights of at least `threshold` bytes are left out. Throws `not-onnx` with the offset. */
export function scanModel(source: WireSource, threshold: number): Scan {
  const scanner = new Scanner(new WireReader(source), threshold);
  scanner.message(messageShape('ModelProto'), source.size, 1);
  scanner.found.patches.sort((a, b) => a.offset - b.offset);
  return scanner.found;
}

class Scanner {
  readonly found: Scan = { spans: [], patches: [] };

  constructor(
    private readonly reader: WireReader,
    private readonly threshold: number,
  ) {}

  /** Walks a message up to `end`; returns how many bytes of it are left out. */
  message(shape: MessageShape, end: number, depth: number): number {
    const { reader } = this;
    if (depth > deepestNesting)
      throw reader.error(`messages are nested more than ${deepestNesting} deep`, reader.position);
    let leftOut = 0;
    let dataType = 0;
    const candidates: Candidate[] = [];
    const singles = new Set<number>();
    while (reader.position < end) {
      const tagOffset = reader.position;
      const key = reader.varint(end);
      const [number, type] = [Math.floor(key / 8), key % 8];
      if (number === 0 || number > 0x1fffffff) throw reader.error('there is no valid field', tagOffset);
      const field = shape.fields[number];
      if (field && !field.wireTypes.includes(type)) throw this.wrongType(shape, field, tagOffset);
      if (type !== wireType.bytes) {
        if (shape.isTensor && number === tensorField.dataType) dataType = reader.varint(end);
        else this.skip(type, number, end, depth);
        continue;
      }
      const lengthOffset = reader.position;
      const length = reader.varint(end);
      const offset = reader.position;
      if (length > end - offset) throw this.tooLong(shape, field, length, end);
      if (field?.message) {
        const inside = this.message(field.message, offset + length, depth + 1);
        if (!field.repeated && singles.has(number) && inside > 0) throw this.twice(shape, field, tagOffset);
        singles.add(number);
        if (inside > 0) this.patch(lengthOffset, offset, length - inside);
        leftOut += inside;
        continue;
      }
      if (shape.isTensor && (number === tensorField.rawData || typesOfPackedData.has(number))) {
        candidates.push({ number, tagOffset, lengthOffset, offset, length });
      }
      if (field?.packedWidth !== undefined) this.checkPacked(shape, field, offset, length);
      reader.position = offset + length;
    }
    return leftOut + this.leaveOut(candidates, dataType);
  }

  /** Leaves the weights of one tensor out, if they are in one piece and large. One byte stays to mark the place. */
  private leaveOut(candidates: readonly Candidate[], dataType: number): number {
    const [only] = candidates;
    if (!only || candidates.length > 1 || only.length < this.threshold) return 0;
    if (only.number !== tensorField.rawData) {
      const wide = only.lengthOffset - only.tagOffset !== 1;
      if (wide || !typesOfPackedData.get(only.number)?.includes(dataType)) return 0;
      this.patch(only.tagOffset, only.lengthOffset, tag(tensorField.rawData));
    }
    this.patch(only.lengthOffset, only.offset, 1);
    this.found.spans.push({ offset: only.offset, length: only.length });
    return only.length - 1;
  }

  private patch(offset: number, end: number, value: number): void {
    this.found.patches.push({ offset, width: end - offset, value });
  }

  private skip(type: number, number: number, end: number, depth: number): void {
    const { reader } = this;
    const from = reader.position;
    switch (type) {
      case wireType.varint:
        reader.varint(end);
        return;
      case wireType.fixed32:
      case wireType.fixed64:
        reader.position += type === wireType.fixed32 ? 4 : 8;
        if (reader.position > end) throw reader.error('a field ends before it is complete', from);
        return;
      case wireType.startGroup:
        this.skipGroup(number, end, depth + 1);
        return;
      default:
        throw reader.error('there is no valid field', from);
    }
  }

  /** Groups are an old spelling of messages that unknown fields may still use. */
  private skipGroup(group: number, end: number, depth: number): void {
    const { reader } = this;
    if (depth > deepestNesting)
      throw reader.error(`groups are nested more than ${deepestNesting} deep`, reader.position);
    for (;;) {
      const at = reader.position;
      const key = reader.varint(end);
      const [number, type] = [Math.floor(key / 8), key % 8];
      if (type === wireType.endGroup) {
        if (number === group) return;
        throw reader.error('a group does not end', at);
      }
      if (type !== wireType.bytes) this.skip(type, number, end, depth);
      else {
        const length = reader.varint(end);
        if (length > end - reader.position) throw reader.error('a field is longer than what is left', at);
        reader.position += length;
      }
    }
  }

  private checkPacked(shape: MessageShape, field: FieldShape, offset: number, length: number): void {
    const { reader } = this;
    const broken = `${publishedName(field)} of a ${shape.name} is not a whole number of elements`;
    if (field.packedWidth! > 0) {
      if (length % field.packedWidth! !== 0) throw reader.error(broken, offset);
    } else if (length > 0) {
      reader.position = offset + length - 1;
      if (reader.byte(offset + length) >= 0x80) throw reader.error(broken, offset);
    }
  }

  private wrongType(shape: MessageShape, field: FieldShape, offset: number): Error {
    return this.reader.error(`${publishedName(field)} of a ${shape.name} has a wrong wire type`, offset);
  }

  private tooLong(shape: MessageShape, field: FieldShape | undefined, length: number, end: number): Error {
    const name = field ? `${publishedName(field)} of a ${shape.name}` : `an unknown field of a ${shape.name}`;
    const left = end - this.reader.position;
    return this.reader.error(
      `${name} should have ${length} bytes but only ${left} are left (is the file cut off?)`,
      this.reader.position,
    );
  }

  private twice(shape: MessageShape, field: FieldShape, offset: number): Error {
    return this.reader.error(`${publishedName(field)} occurs twice in a ${shape.name}`, offset);
  }
}
