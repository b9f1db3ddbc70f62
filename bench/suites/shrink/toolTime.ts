/** How long pruning and factorizing take as whole processes. */
import { resnet50 } from '../../models/convnets';
import { vitB16 } from '../../models/transformers';
import { type Lab, megabytes, seconds } from '../../support/lab';
import { race } from '../../support/measure';

/** Whole processes, without data. */
export async function toolTime(lab: Lab): Promise<void> {
  const runs = Math.min(3, lab.options.runs);
  const resnet = await lab.model('resnet50', () => resnet50());
  const vit = await lab.model('vit-b16', () => vitB16());
  const out = lab.file('shrunk.onnx');
  const rest = ['-o', out, '--overwrite', '--no-evaluate', '--json'];
  const pruned = await race([await lab.cli('prune', ['prune-channels', resnet, ...rest])], runs);
  const thin = await race([await lab.cli('factorize', ['factorize', vit, '--ratio', '0.5', ...rest])], 1, 0);
  const rows = [
    { name: 'prune-channels, ResNet-50', ...pruned[0]! },
    { name: 'factorize --ratio 0.5, ViT-B/16', ...thin[0]! },
  ];
  lab.table(
    ['program', 'wall', 'cpu', 'peak RSS'],
    rows.map((row) => [row.name, seconds(row.seconds), seconds(row.cpuSeconds), megabytes(row.peakBytes)]),
  );
  lab.aim('prune-channels, wall time', pruned[0]!.seconds, 3, seconds);
  lab.aim('prune-channels, peak memory', pruned[0]!.peakBytes, 400e6, megabytes);
  lab.aim('factorize, wall time', thin[0]!.seconds, 60, seconds);
  lab.print();
}
