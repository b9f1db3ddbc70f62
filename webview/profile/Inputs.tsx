/** The inputs, and fields for what is open about them: a change is calculated at once. */
import { type VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type ErrorReport } from '../../src/protocol/errors';
import { type Bindings } from '../../src/protocol/jobs';
import { type PortReport, type ReportHead, type SymbolReport } from '../../src/protocol/report';
import { elementTypeText } from '../../src/report/elementType';
import { formatWhole } from '../../src/report/format';
import { visibleName } from '../../src/report/text';
import { Button } from '../components/Button';
import { Name } from '../components/Name';
import { Notice } from '../components/Notice';
import { TextField } from '../components/TextField';
import { text } from '../strings';
import { describeErrorShort } from './refusal';
import { needsShape, readDimension, readShape, shapeText } from './bindings';

/** What the section needs to know. */
export interface InputsProps {
  readonly report: ReportHead;
  /** What the numbers on the page were calculated with. */
  readonly bindings: Bindings;
  readonly refusal: ErrorReport | undefined;
  readonly onBind: (bindings: Bindings) => void;
}

/** Inputs listed at first. */
const firstInputs = 4;
/** Typing rests this long before it counts. */
const pause = 350;

/** The section. */
export function Inputs({ report, bindings, refusal, onBind }: InputsProps): VNode | null {
  const [draft, setDraft] = useState(() => draftOf(bindings));
  const [showsAll, setShowsAll] = useState(false);
  const timer = useRef<number>();
  useEffect(() => () => window.clearTimeout(timer.current), []);
  if (report.inputs.length === 0) return null;

  const change = (next: Draft, isFinal: boolean): void => {
    setDraft(next);
    window.clearTimeout(timer.current);
    const read = readDraft(next);
    if (!read) return;
    timer.current = window.setTimeout(() => onBind(read), isFinal ? 0 : pause);
  };
  // What wants a shape is never hidden.
  const isShort = showsAll || report.inputs.length <= firstInputs + 1;
  const shownInputs = report.inputs.filter((port, index) => isShort || index < firstInputs || needsShape(port));
  const symbols = report.symbols.filter(({ name }) => name !== '');
  return (
    <section class="section inputs" aria-labelledby="inputs-title">
      <h2 class="section-title" id="inputs-title">
        {text('inputs')} <span class="section-count">{formatWhole(report.inputs.length)}</span>
      </h2>
      {symbols.length > 0 && (
        <div class="dimensions">
          {symbols.map((symbol) => (
            <Dimension
              key={symbol.name}
              symbol={symbol}
              typed={draft.dims[symbol.name] ?? ''}
              onType={(typed, isFinal) => change({ ...draft, dims: { ...draft.dims, [symbol.name]: typed } }, isFinal)}
            />
          ))}
        </div>
      )}
      <ul class="ports">
        {shownInputs.map((port) => (
          <Port
            key={port.name}
            port={port}
            typed={draft.shapes[port.name] ?? ''}
            onType={(typed, isFinal) => change({ ...draft, shapes: { ...draft.shapes, [port.name]: typed } }, isFinal)}
          />
        ))}
      </ul>
      {shownInputs.length < report.inputs.length && (
        <Button onClick={() => setShowsAll(true)}>{text('showAllInputs', formatWhole(report.inputs.length))}</Button>
      )}
      {refusal && <Notice kind="warning">{describeErrorShort(refusal)}</Notice>}
    </section>
  );
}

interface Draft {
  readonly dims: Readonly<Record<string, string>>;
  readonly shapes: Readonly<Record<string, string>>;
}

function draftOf({ dims = {}, inputShapes = {} }: Bindings): Draft {
  const entries = <T,>(values: Readonly<Record<string, T>>, write: (value: T) => string): Record<string, string> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, write(value)]));
  return { dims: entries(dims, String), shapes: entries(inputShapes, (shape) => shape.join('x')) };
}

/** Undefined while something is not a number yet. */
function readDraft(draft: Draft): Bindings | undefined {
  const dims = Object.entries(draft.dims).map(([name, typed]) => [name, readDimension(typed)] as const);
  const shapes = Object.entries(draft.shapes).map(([name, typed]) => [name, readShape(typed)] as const);
  if ([...dims, ...shapes].some(([, value]) => value === undefined)) return undefined;
  return {
    dims: Object.fromEntries(dims.flatMap(([name, value]) => (value ? [[name, value]] : []))),
    inputShapes: Object.fromEntries(shapes.flatMap(([name, value]) => (value ? [[name, value]] : []))),
  };
}

type OnType = (typed: string, isFinal: boolean) => void;

function Dimension({ symbol, typed, onType }: { symbol: SymbolReport; typed: string; onType: OnType }): VNode {
  const isOpen = symbol.source === undefined || symbol.source === 'input';
  const isValid = readDimension(typed) !== undefined;
  return (
    <div class="dimension">
      <Name class="dimension-name" value={symbol.name} />
      {isOpen ? (
        <TextField
          class="dimension-field"
          label={text('dimension', visibleName(symbol.name))}
          value={typed}
          placeholder={text('dimensionAssumed')}
          isValid={isValid}
          onInput={(next) => onType(next, false)}
          onKeyDown={(event) => event.key === 'Enter' && onType(typed, true)}
        />
      ) : (
        <span class="quiet">{text('dimensionUnknown')}</span>
      )}
      {!isValid && (
        <span class="field-error" role="alert">
          {text('dimensionInvalid')}
        </span>
      )}
    </div>
  );
}

function Port({ port, typed, onType }: { port: PortReport; typed: string; onType: OnType }): VNode {
  const isValid = readShape(typed) !== undefined;
  const shape =
    port.shape === null ? text('anyShape') : port.shape.length === 0 ? text('scalar') : shapeText(port.shape);
  return (
    <li class="port">
      <Name class="port-name" value={port.name} />
      <span class="quiet">{visibleName(elementTypeText(port.type))}</span>
      <span class="port-shape">{visibleName(shape)}</span>
      {needsShape(port) && (
        <TextField
          class="shape-field"
          label={text('shapeOf', visibleName(port.name))}
          value={typed}
          placeholder={text('shapeHint')}
          isValid={isValid}
          onInput={(next) => onType(next, false)}
          onKeyDown={(event) => event.key === 'Enter' && onType(typed, true)}
        />
      )}
      {!isValid && (
        <span class="field-error" role="alert">
          {text('shapeInvalid')}
        </span>
      )}
    </li>
  );
}
