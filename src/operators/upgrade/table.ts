/** All upgrade rules of ai.onnx, by operator and version. */
import { type Rule, type Rules } from './rule';
import { attributesToInputsRules } from './rules/attributesToInputs';
import { experimentalRules } from './rules/experimental';
import { legacyRules } from './rules/legacy';
import { resizeRules } from './rules/resize';
import { scanRules } from './rules/scan';
import { semanticsRules } from './rules/semantics';

/** Newest version of ai.onnx that the rules know. */
export const newestOpset = 26;

const rules = new Map<string, Map<number, Rule>>();
for (const group of [
  legacyRules,
  experimentalRules,
  attributesToInputsRules,
  resizeRules,
  semanticsRules,
  scanRules,
] satisfies Rules[]) {
  for (const [opType, versions] of Object.entries(group)) {
    const known = rules.get(opType) ?? new Map<number, Rule>();
    for (const [version, rule] of Object.entries(versions)) {
      if (known.has(Number(version))) throw new Error(`Two rules lead ${opType} to version ${version}.`);
      known.set(Number(version), rule);
    }
    rules.set(opType, known);
  }
}

/** The rule that leads an operator to a version, if that version changed anything. */
export function ruleOf(opType: string, version: number): Rule | undefined {
  return rules.get(opType)?.get(version);
}

/** Every rule there is, as `operator version`: for tests that none goes untried. */
export function ruleNames(): string[] {
  return [...rules].flatMap(([opType, versions]) => [...versions.keys()].map((version) => `${opType} ${version}`));
}
