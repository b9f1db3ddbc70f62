/** Warnings of a report, the first few at first. */
import { type VNode } from 'preact';
import { useState } from 'preact/hooks';
import { type Warning } from '../../src/protocol/report';
import { formatWhole } from '../../src/report/format';
import { visibleName } from '../../src/report/text';
import { text } from '../strings';
import { Button } from './Button';
import { Name } from './Name';
import { Notice } from './Notice';

/** Warnings shown at first. */
const firstWarnings = 3;

/** A notice for each; one more than fits is shown rather than hidden behind a button. */
export function Warnings({ warnings }: { warnings: readonly Warning[] }): VNode {
  const [showsAll, setShowsAll] = useState(warnings.length <= firstWarnings + 1);
  return (
    <>
      {(showsAll ? warnings : warnings.slice(0, firstWarnings)).map((warning, index) => (
        <Notice key={index} kind="warning">
          {visibleName(warning.message)}
          {warning.node !== undefined && (
            <>
              {' '}
              <Name class="quiet" value={text('atNode', warning.node)} />
            </>
          )}
        </Notice>
      ))}
      {!showsAll && (
        <p class="more-warnings">
          <Button onClick={() => setShowsAll(true)}>{text('moreWarnings', formatWhole(warnings.length))}</Button>
        </p>
      )}
    </>
  );
}
