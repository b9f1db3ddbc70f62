/** What pruning costs on trained models, one-shot and recovered, for each criterion; and what factorizing costs. */
import { once } from 'node:events';
import path from 'node:path';
import { spawnOwned } from '../../../scripts/lib/child';
import { type Benchmark, type Lab } from '../../support/lab';
import { type TrainedName } from '../../support/quality';
import { type Curves, type Point } from './curves';

/** Points of accuracy that may be lost at a ratio, the best way recovered (issue 5). */
const aims: readonly { readonly model: TrainedName; readonly ratio: number; readonly points: number }[] = [
  { model: 'cifar_resnet', ratio: 1.5, points: 1.5 },
  { model: 'squeezenet1.1_fp32', ratio: 1.3, points: 2 },
  { model: 'mnist_cnn_bn', ratio: 3, points: 0.3 },
];

/** Those that take longest come first. */
const names: readonly TrainedName[] = ['squeezenet1.1_fp32', 'cifar_vit', 'cifar_resnet', 'mnist_cnn_bn'];
/** Models that are measured at a time, each on one thread. */
const sideBySide = 2;

export const prune: Benchmark = {
  name: 'prune',
  summary: 'top-1 of trained models at 1.3, 1.5, 2 and 3 times fewer MACs, one-shot and recovered (--only MODEL)',
  async run(lab) {
    const waiting = names.filter((each) => each.includes(lab.options.only));
    const measureNext = async (): Promise<void> => {
      for (let name = waiting.shift(); name; name = waiting.shift()) {
        const curves = await measured(name);
        if (curves) show(lab, curves);
      }
    };
    await Promise.all(Array.from({ length: sideBySide }, measureNext));
  },
};

/** The curves of a model, by a process of its own; undefined where the model is not here, which it says. */
async function measured(name: TrainedName): Promise<Curves | undefined> {
  const worker = path.join(__dirname, 'worker.ts');
  const child = spawnOwned(process.execPath, ['--import', 'tsx', worker, name], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let curves: Curves | undefined;
  child.on('message', (message) => (curves = (message as Curves | null) ?? undefined));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`Measuring ${name} ended with ${code}.`);
  return curves;
}

function show(lab: Lab, { name, data, base, points }: Curves): void {
  lab.print(`${name}: ${base.toFixed(2)} % on ${data}`);
  lab.table(
    ['by', 'asked', 'MACs', 'one-shot', 'recovered', 'lost'],
    [...points]
      .sort((a, b) => a.ratio - b.ratio)
      .map(({ what, ratio, macs, oneShot, recovered }) => [
        what,
        ...[`${ratio}×`, `${macs.toFixed(2)}×`, oneShot.toFixed(2), recovered.toFixed(2)],
        (base - recovered).toFixed(2),
      ]),
  );
  for (const { ratio, points: most } of aims.filter(({ model }) => model === name)) {
    const best = points.filter(({ macs }) => macs >= 0.98 * ratio).reduce(better);
    const what = `${name} at ${ratio}×, by ${best.what}, points of top-1 lost`;
    lab.aim(what, base - best.recovered, most, (value) => value.toFixed(2));
  }
  lab.print();
}

const better = (one: Point, other: Point): Point => (other.recovered > one.recovered ? other : one);
