/**
 * A line for each group: what is lost as more and more of its channels go. One tab stop: up and down arrows go through
 * the groups, left and right along a curve; the mouse finds the nearest point. What is told apart by the weight of a
 * line is also said in words.
 */
import { type VNode } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import { formatDecibels, formatShare } from '../../src/report/format';
import { visibleName } from '../../src/report/text';
import { Name } from '../components/Name';
import { useWidth } from '../components/useWidth';
import { text } from '../strings';
import { afterArrow, type Chart, chartOf, groupName, type Line, nearest, type Place, spread } from './layout';
import { type CurveSensitivity, type SensitivityCurve } from '../../src/protocol/sensitivity';
import { type Rightwards, type Upwards } from './state';

/** What the chart needs to know. */
export interface CurveChartProps {
  readonly of: CurveSensitivity['of'];
  readonly curves: readonly SensitivityCurve[];
  readonly upwards: Upwards;
  readonly rightwards: Rightwards;
  /** The point in hand. */
  readonly place: Place;
  readonly onPlace: (place: Place) => void;
  /** A click, or Enter. */
  readonly onPick: (curve: SensitivityCurve) => void;
}

/** Pixels. */
const height = 340;
const margin = { top: 12, bottom: 44, left: 64, right: 200 };
const narrow = 640;
const nameGap = 18;
/** From one mark on the lower axis to the next. */
const leastTick = 48;
/** So many names fit beside the lines. */
const mostNames = 16;

/** The chart. */
export function CurveChart(props: CurveChartProps): VNode {
  const { of, curves, upwards, rightwards, place } = props;
  const element = useRef<HTMLDivElement>(null);
  const width = useWidth(element);
  const chart = useMemo(() => chartOf(curves, upwards, rightwards), [curves, upwards, rightwards]);
  const right = width < narrow ? 16 : margin.right;
  const inner = { width: Math.max(1, width - margin.left - right), height: height - margin.top - margin.bottom };
  const current = chart.lines[place.line] ?? chart.lines[0];

  const find = (event: MouseEvent): Place | undefined => {
    const box = element.current!.getBoundingClientRect();
    const x = (event.clientX - box.left - margin.left) / inner.width;
    const y = (event.clientY - box.top - margin.top) / inner.height;
    return x > 1.1 ? undefined : nearest(chart, x, y, inner.width, inner.height);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' || event.key === ' ') {
      if (current) props.onPick(current.curve);
    } else {
      const next = afterArrow(chart, place, event.key);
      if (!next) return;
      props.onPlace(next);
    }
    event.preventDefault();
  };
  return (
    <div
      ref={element}
      class="curves"
      role="listbox"
      tabIndex={0}
      aria-label={text('curves')}
      aria-description={text('curvesHelp')}
      aria-activedescendant={`curve-${place.line}`}
      style={{ height: `${height}px` }}
      onKeyDown={onKeyDown}
      onPointerMove={(event) => {
        const next = find(event);
        if (next && (next.line !== place.line || next.point !== place.point)) props.onPlace(next);
      }}
      onClick={(event) => {
        const next = find(event);
        if (next) props.onPick(chart.lines[next.line]!.curve);
      }}
    >
      {width > 0 && (
        <>
          <svg width={width} height={height} role="presentation">
            <g transform={`translate(${margin.left} ${margin.top})`}>
              <Grid chart={chart} {...inner} upwards={upwards} title={axisTitle(of, rightwards)} />
              {chart.lines.map((line, index) => (
                <path
                  key={line.curve.group}
                  id={`curve-${index}`}
                  class={`curve ${line === current ? 'current' : ''}`}
                  role="option"
                  aria-selected={line === current}
                  aria-label={spoken(of, line, place.point, upwards)}
                  d={pathOf(line, inner.width, inner.height)}
                />
              ))}
              {current && <Highlight line={current} point={place.point} {...inner} />}
            </g>
          </svg>
          {width >= narrow && (
            <Names chart={chart} current={current} {...inner} onPlace={props.onPlace} place={place} />
          )}
        </>
      )}
    </div>
  );
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function pathOf({ points }: Line, width: number, high: number): string {
  const at = ({ x, y }: { x: number; y: number }): string => `${(x * width).toFixed(1)} ${(y * high).toFixed(1)}`;
  return points.map((point, index) => `${index === 0 ? 'M' : 'L'}${at(point)}`).join('');
}

function Grid(props: Size & { chart: Chart; upwards: Upwards; title: string }): VNode {
  const { chart, width, height: high, upwards, title } = props;
  const place = (value: number, { from, to }: { from: number; to: number }): number => (value - from) / (to - from);
  const every = Math.ceil((leastTick * (chart.x.ticks.length - 1)) / width);
  return (
    <g class="grid" aria-hidden="true">
      {chart.y.ticks.map((tick) => {
        const y = high * (1 - place(tick, chart.y));
        return (
          <g key={tick} transform={`translate(0 ${y.toFixed(1)})`}>
            <line x2={width} />
            <text x={-8} dy="0.32em" text-anchor="end">
              {upwards === 'db' ? `${String(tick).replace('-', '−')} dB` : percent(tick)}
            </text>
          </g>
        );
      })}
      {chart.x.ticks
        .filter((_, index) => index % every === 0)
        .map((tick) => (
          <text
            key={tick}
            x={width * place(tick, chart.x)}
            y={high + 18}
            text-anchor={tick === chart.x.to ? 'end' : 'middle'}
          >
            {percent(tick)}
          </text>
        ))}
      <text class="axis-title" x={width / 2} y={high + 38} text-anchor="middle">
        {title}
      </text>
    </g>
  );
}

const axisTitle = (of: CurveSensitivity['of'], rightwards: Rightwards): string =>
  text(rightwards === 'saved' ? 'axisSaved' : of === 'prune' ? 'axisShare' : 'axisRank');

const percent = (share: number): string => `${Number((100 * share).toFixed(2))} %`;

/** The line in hand again, above the others, with its points. */
function Highlight({ line, point, width, height: high }: Size & { line: Line; point: number }): VNode {
  return (
    <g class="highlight" aria-hidden="true">
      <path d={pathOf(line, width, high)} />
      {line.points.map(({ x, y }, index) => (
        <circle
          key={index}
          class={index === Math.min(point, line.points.length - 1) ? 'current' : ''}
          cx={x * width}
          cy={y * high}
          r={index === Math.min(point, line.points.length - 1) ? 5 : 3}
        />
      ))}
    </g>
  );
}

/** Names at the right ends of the lines: of all, or of the most fragile and the one in hand. */
function Names(
  props: Size & { chart: Chart; current: Line | undefined; place: Place; onPlace: (place: Place) => void },
): VNode {
  const { chart, current, width, height: high, place, onPlace } = props;
  const shown = chart.lines.filter((line, index) => index < mostNames - 1 || line === current);
  const wanted = shown.map(({ points }) => (points.at(-1)?.y ?? 0) * high);
  const places = spread(wanted, nameGap, high);
  return (
    <div class="curve-names" aria-hidden="true">
      {shown.map((line, index) => (
        <span
          key={line.curve.group}
          class={`curve-name ${line === current ? 'current' : ''}`}
          style={{
            left: `${margin.left + width + 8}px`,
            top: `${margin.top + places[index]! - nameGap / 2}px`,
            width: `${margin.right - 12}px`,
          }}
          onPointerEnter={() => onPlace({ ...place, line: chart.lines.indexOf(line) })}
        >
          <Name value={groupName(line.curve, moreNodes)} />
        </span>
      ))}
    </div>
  );
}

/** "conv1 and 2 more", in the page's language. */
export const moreNodes = (first: string, others: number): string => text('groupOf', first, others);

/** The point in hand in words: what the hand or the eye cannot read off. */
export function spoken(of: CurveSensitivity['of'], { curve, points }: Line, index: number, upwards: Upwards): string {
  const point = (points[index] ?? points.at(-1))?.point;
  const name = visibleName(groupName(curve, moreNodes));
  if (!point) return name;
  const value = upwards === 'db' ? formatDecibels(point.db) : text('topOne', formatShare(point.accuracy ?? 0));
  if (of === 'prune') return text('curvePoint', name, point.removed, curve.channels, value, formatShare(point.saved));
  const rank = curve.channels - point.removed;
  return text('rankPoint', name, rank, curve.channels, value, formatShare(point.saved));
}
