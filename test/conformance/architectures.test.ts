/** Costs of well-known architectures against the published figures, concrete and with dynamic dimensions. */
import assert from 'node:assert/strict';
import {
  densenet121,
  efficientnetB0,
  type ImageInput,
  mobilenetV2,
  resnet18,
  resnet50,
} from '../../bench/models/convnets';
import { vitB16 } from '../../bench/models/transformers';
import { type Model } from '../../src/graph/model';
import { profileModel } from '../../src/profile/profile';

interface Expectation {
  readonly make: (input?: ImageInput) => Model;
  /** Published MACs, in units of 10^9. */
  readonly gigaMacs: number;
  /** Published parameters in millions; running statistics of batch norm come on top in the file. */
  readonly megaParameters: number;
  /** True when the size of the image can be dynamic as well. */
  readonly anySize: boolean;
}

const expected: Readonly<Record<string, Expectation>> = {
  'ResNet-18': { make: resnet18, gigaMacs: 1.814, megaParameters: 11.69, anySize: true },
  'ResNet-50': { make: resnet50, gigaMacs: 4.089, megaParameters: 25.56, anySize: true },
  MobileNetV2: { make: mobilenetV2, gigaMacs: 0.3008, megaParameters: 3.5, anySize: true },
  'DenseNet-121': { make: densenet121, gigaMacs: 2.83, megaParameters: 7.98, anySize: true },
  'EfficientNet-B0': { make: efficientnetB0, gigaMacs: 0.385, megaParameters: 5.29, anySize: true },
  'ViT-B/16': { make: vitB16, gigaMacs: 17.56, megaParameters: 86.57, anySize: false },
};

function within(value: unknown, target: number, share: number): void {
  assert.ok(
    typeof value === 'number' && Math.abs(value / target - 1) < share,
    `${String(value)} is not near ${target}`,
  );
}

describe('costs of known architectures', () => {
  for (const [name, { make, gigaMacs, megaParameters, anySize }] of Object.entries(expected)) {
    it(name, () => {
      const dynamic = make({ batch: 'N', ...(anySize ? { size: 'S' } : {}) });
      const at = (batch: number): Record<string, number> => ({ N: batch, ...(anySize ? { S: 224 } : {}) });
      const report = profileModel(dynamic, { dims: at(1) });
      within(report.model.macs, gigaMacs * 1e9, 0.01);
      within(report.model.parameters, megaParameters * 1e6, 0.015);
      assert.deepEqual(report.warnings, []);
      assert.equal(profileModel(dynamic, { dims: at(3) }).model.macs, 3 * (report.model.macs as number));
      const free = profileModel(dynamic);
      assert.match(free.model.macsExpression ?? '', /N/);
      assert.deepEqual(
        free.symbols.map((symbol) => symbol.name),
        anySize ? ['N', 'S'] : ['N'],
      );
    });
  }
});
