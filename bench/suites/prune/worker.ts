/** tsx worker.ts MODEL: measures one trained model and sends its curves to the process that forked this one. */
import { Lab } from '../../support/lab';
import { type TrainedName } from '../../support/quality';
import { curvesOf } from './curves';

async function main(): Promise<void> {
  const name = process.argv[2] as TrainedName;
  const curves = await curvesOf(new Lab({ runs: 1, only: '' }), name, ({ what, ratio, recovered }) =>
    console.error(`${name} ${ratio}× by ${what}: ${recovered.toFixed(2)}`),
  );
  process.send!(curves ?? null);
}

void main().finally(() => process.disconnect());
