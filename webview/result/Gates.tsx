/** What the recipe wanted and what was found, a row per gate: whether the result may be used is said before its layers. */
import { type VNode } from 'preact';
import { type GateReport } from '../../src/protocol/recipe';
import { gateRow } from '../../src/report/gates';
import { Notice } from '../components/Notice';
import { text, words } from '../strings';

/** The section; `written` is false when a gate kept the file from being written. */
export function Gates({ gates, written }: { gates: readonly GateReport[]; written: boolean }): VNode {
  return (
    <section class="section gates" aria-labelledby="gates-title">
      <h2 class="section-title" id="gates-title">
        {words().gates}
      </h2>
      {!written && <Notice kind="warning">{text('notWritten')}</Notice>}
      <table class="gates-table">
        <thead class="visually-hidden">
          <tr>
            <th scope="col">{text('gate')}</th>
            <th scope="col">{text('gateMeasured')}</th>
            <th scope="col">{text('gateWanted')}</th>
            <th scope="col">{text('gateOutcome')}</th>
          </tr>
        </thead>
        <tbody>
          {gates.map((gate) => {
            const { title, measured, wanted, passed, reason } = gateRow(gate, words());
            return (
              <tr key={gate.gate} class={passed ? 'gate-passed' : 'gate-failed'}>
                <th scope="row">{title}</th>
                <td class="gate-measured">{measured}</td>
                <td class="quiet">{wanted}</td>
                <td>
                  <span class="gate-outcome">{passed ? `✓ ${words().gatePassed}` : `✗ ${words().gateFailed}`}</span>
                  {reason !== undefined && <span class="quiet"> {reason}</span>}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
