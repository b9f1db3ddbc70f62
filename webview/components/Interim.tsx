/** What a page shows while it has nothing to show, or when it never will. */
import { type VNode } from 'preact';
import { type ErrorReport } from '../../src/protocol/errors';
import { type JobProgress } from '../../src/protocol/jobs';
import { Icon } from './Icon';
import { Name } from './Name';
import { Spinner } from './Spinner';
import { text } from '../strings';

/** Nothing has come yet; appears only after a moment, since it usually never has to. */
export function Waiting(): VNode {
  return (
    <main class="interim interim-waiting" aria-busy="true">
      <Spinner />
      <h1>
        <span role="status">{text('waiting')}</span>
      </h1>
    </main>
  );
}

/** A job is running. */
export function Progress({ progress }: { progress: JobProgress }): VNode {
  const share = Math.min(1, Math.max(0, progress.fraction));
  return (
    <main class="interim" aria-busy="true">
      <div class="interim-line">
        <h1>
          <span role="status">{progress.message || text('working')}</span>
        </h1>
        <span class="interim-share">{`${Math.floor(share * 100)} %`}</span>
      </div>
      <div
        class="progress"
        role="progressbar"
        aria-label={text('working')}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.floor(share * 100)}
      >
        <div class="progress-done" style={{ width: `${share * 100}%` }} />
      </div>
      {progress.node !== undefined && (
        <p class="quiet">
          <Name value={text('workingAt', progress.node)} />
        </p>
      )}
    </main>
  );
}

/** What is wrong, where, and what to do. */
export function Failure({ error, title }: { error: ErrorReport; title: string }): VNode {
  const places = [
    [text('placeModel'), error.model],
    [text('placePass'), error.pass],
    [text('placeNode'), error.node],
    [text('placeTensor'), error.tensor],
  ] as const;
  return (
    <main class="interim">
      <div class="interim-failed" role="alert">
        <h1>
          <Icon name="error" /> {title}
        </h1>
        <p class="failure-message">{error.message}</p>
        <dl class="failure-place">
          {places.map(
            ([title, value]) =>
              value !== undefined && (
                <div key={title}>
                  <dt>{title}</dt>
                  <dd>
                    <Name value={value} />
                  </dd>
                </div>
              ),
          )}
        </dl>
        {error.hint !== undefined && (
          <p>
            <strong>{text('failedHint')}: </strong>
            {error.hint}
          </p>
        )}
      </div>
    </main>
  );
}
