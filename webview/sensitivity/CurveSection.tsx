/** The chart with its switches, and what is at the point in hand. */
import { type VNode } from 'preact';
import { useState } from 'preact/hooks';
import { type CurveSensitivity, type SensitivityCurve } from '../../src/protocol/sensitivity';
import { visibleName } from '../../src/report/text';
import { Segmented } from '../components/Segmented';
import { text } from '../strings';
import { CurveChart, spoken } from './CurveChart';
import { chartOf, type Place } from './layout';
import { type Remembered, type Rightwards, type Upwards } from './state';

/** What the section needs to know. */
export interface CurveSectionProps {
  readonly report: CurveSensitivity;
  readonly upwards: Upwards;
  readonly onUpwards: (upwards: Upwards) => void;
  readonly remembered: Remembered;
  readonly remember: (change: Partial<Remembered>) => void;
  readonly onPick: (curve: SensitivityCurve) => void;
}

/** The section. */
export function CurveSection({ report, upwards, onUpwards, remembered, remember, onPick }: CurveSectionProps): VNode {
  const { of, curves, accuracy } = report;
  const [rightwards, setRightwards] = useState<Rightwards>(remembered.rightwards === 'saved' ? 'saved' : 'share');
  const middle = Math.floor((curves[0]?.points.length ?? 1) / 2);
  const [place, setPlace] = useState<Place>({ line: 0, point: middle });
  const line = chartOf(curves, upwards, rightwards).lines[place.line];
  return (
    <section class="section" aria-labelledby="curves-title">
      <div class="section-bar">
        <h2 class="section-title" id="curves-title">
          {text('curves')}
        </h2>
        <div class="section-tools">
          {accuracy !== undefined && (
            <Segmented
              name="upwards"
              label={text('whichLoss')}
              value={upwards}
              options={[
                { value: 'db', title: text('columnSqnr') },
                { value: 'accuracy', title: text('topOneTitle') },
              ]}
              onChange={onUpwards}
            />
          )}
          <Segmented
            name="rightwards"
            label={text('against')}
            value={rightwards}
            options={[
              { value: 'share', title: text(of === 'prune' ? 'againstShare' : 'againstLayer') },
              { value: 'saved', title: text('againstSaved') },
            ]}
            onChange={(next) => {
              setRightwards(next);
              remember({ rightwards: next });
            }}
          />
        </div>
      </div>
      <CurveChart
        of={of}
        curves={curves}
        upwards={upwards}
        rightwards={rightwards}
        place={place}
        onPlace={setPlace}
        onPick={onPick}
      />
      {line && (
        <p class="curve-said">
          <span class="visually-hidden">{text('pointInHand')} </span>
          {spoken(of, line, place.point, upwards)}
          {line.curve.readers.length > 0 && (
            <span class="quiet"> {text('readBy', line.curve.readers.map(visibleName).join(', '))}</span>
          )}
        </p>
      )}
    </section>
  );
}
