/**
 * The one error class that every floor throws for what a person can meet: what is wrong (message), where (model,
 * node, tensor), and what to do (hint). `code` decides the exit code of the command line and the button in the editor.
 */
export type ErrorCode =
  | 'usage' // the command line or the options are wrong
  | 'output-exists' // refusing to overwrite
  | 'not-found' // no such file
  | 'not-onnx' // the bytes are not a readable ONNX model
  | 'invalid-model' // it parses, but contradicts itself (sizes, names, cycles)
  | 'external-data' // weights beside the model are missing, short, or outside its folder
  | 'unsupported' // a valid model that we, or the runtime, cannot handle
  | 'nothing-to-do' // the pass would change nothing; says why
  | 'data' // calibration or evaluation data is wrong
  | 'runtime-failed' // ONNX Runtime refused or failed
  | 'runtime-missing' // no native runtime for this platform
  | 'worker-died' // the worker process ended without a result
  | 'gate-failed' // a recipe's gate was not met
  | 'cancelled'
  | 'io' // disk full, permission …
  | 'internal'; // a bug of ours

/** Where an error happened; every field is optional, give all that is known. */
export interface ErrorPlace {
  /** Path of the model file. */
  readonly model?: string;
  /** Id of the pass that was running. */
  readonly pass?: string;
  /** Name (or `opType #index`) of the node. */
  readonly node?: string;
  /** Name of the tensor or value. */
  readonly tensor?: string;
  /** A text file that says what to do, such as a recipe, with the place in it; line and column count from 1. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** What the person can do about it, as one sentence. */
  readonly hint?: string;
}

/** Plain form of an error, to cross a process border. */
export interface ErrorReport extends ErrorPlace {
  readonly code: ErrorCode;
  readonly message: string;
  readonly stack?: string;
}

/** An error with a place and a remedy. */
export class LapidaryError extends Error {
  override readonly name = 'LapidaryError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly place: ErrorPlace = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  /** The same error with more known about its place; what is already known wins. */
  at(place: ErrorPlace): LapidaryError {
    const known = Object.fromEntries(Object.entries(this.place).filter(([, value]) => value !== undefined));
    return new LapidaryError(this.code, this.message, { ...place, ...known }, { cause: this.cause ?? this });
  }

  /** Plain data, for IPC and JSON output. */
  toReport(): ErrorReport {
    return { code: this.code, message: this.message, ...this.place, stack: this.stack };
  }

  /** Rebuilds an error that crossed a process border. */
  static fromReport(report: ErrorReport): LapidaryError {
    const { code, message, stack, ...place } = report;
    const error = new LapidaryError(code, message, place);
    if (stack) error.stack = stack;
    return error;
  }

  /** Any thrown thing as a LapidaryError; unknown ones become `internal` (or `code`) and keep their cause. */
  static from(thrown: unknown, code: ErrorCode = 'internal', place: ErrorPlace = {}): LapidaryError {
    if (thrown instanceof LapidaryError) return thrown.at(place);
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new LapidaryError(code, message, place, { cause: thrown });
  }
}

/** Exit codes of the command line (promised in the docs). */
export function exitCodeOf(code: ErrorCode): number {
  switch (code) {
    case 'usage':
    case 'output-exists':
    case 'data':
      return 2;
    case 'not-found':
    case 'not-onnx':
    case 'invalid-model':
    case 'external-data':
      return 3;
    case 'unsupported':
    case 'nothing-to-do':
      return 4;
    case 'runtime-failed':
    case 'runtime-missing':
    case 'worker-died':
    case 'io':
      return 5;
    case 'gate-failed':
      return 6;
    case 'cancelled':
      return 130;
    case 'internal':
      return 1;
  }
}

/** One line for a person: message, place, hint. */
export function describeError(report: ErrorReport): string {
  const where = [
    report.model && `model ${report.model}`,
    report.pass && `pass ${report.pass}`,
    report.node && `node ${report.node}`,
    report.tensor && `tensor ${report.tensor}`,
    report.file && [report.file, report.line, report.column].filter(Boolean).join(':'),
  ].filter(Boolean);
  const place = where.length > 0 ? ` (${where.join(', ')})` : '';
  const hint = report.hint ? ` ${report.hint}` : '';
  return `${report.message}${place}${hint}`;
}
