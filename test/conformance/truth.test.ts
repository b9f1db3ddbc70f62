/** The suites in ../shared/corpus: what onnx infers, we infer too, and nothing contradicts. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { sharedFolder } from '../support/shared';
import { runTruth, type TruthResult } from './truth';

/** Values where onnx is wrong, with the reason. */
const onnxIsWrong: readonly [where: string, reason: string][] = [
  [
    'ort_github_issue_11536.onnx',
    'branches of If hand out int64 values of the graph around them; onnx believes the float that the branch declares',
  ],
  [
    'fuse-conv-bn-mul-add-unsqueeze',
    'the file declares the output twice with different shapes; onnx strings both together',
  ],
];

function report(result: TruthResult): string {
  const share = ((100 * result.matched) / result.values).toFixed(2);
  return `${result.models} models, ${result.matched} of ${result.values} values equal or more precise (${share} %)`;
}

function unexplained(lines: readonly string[]): string[] {
  return lines.filter((line) => !onnxIsWrong.some(([where]) => line.includes(where)));
}

describe('types and shapes as onnx infers them', function () {
  this.timeout(120_000);
  const folder = sharedFolder('types and shapes that onnx infers', 'corpus');
  if (!folder) return;

  it("ONNX's own node suite: everything, no contradiction", () => {
    const result = runTruth(join(folder, 'onnx-node.tar.gz'), join(folder, 'truth-node.json.gz'));
    console.log(`      ${report(result)}`);
    assert.deepEqual(result.unreadable, []);
    assert.deepEqual(result.contradictions, []);
    assert.deepEqual(result.lessPrecise, []);
    assert.ok(result.values > 14_000);
  });

  it("models of ONNX Runtime's tests: no contradiction", () => {
    const options = { prefix: 'ort/', declaredOutputs: true };
    const result = runTruth(join(folder, 'ort-testdata.tar.gz'), join(folder, 'truth-ort.json.gz'), options);
    console.log(`      ${report(result)}`);
    console.log(`      of ${result.onnxFailed} on which onnx fails, ${result.onnxFailedButInferred} are inferred`);
    assert.deepEqual(unexplained(result.contradictions), []);
    assert.ok(result.matched / result.values > 0.995);
    assert.ok(result.onnxFailedButInferred >= 60);
    assert.ok(result.unreadable.length <= 5, result.unreadable.join('\n'));
  });
});
