/** Checks on typed errors. */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { LapidaryError, type ErrorCode } from '../../src/protocol/errors';

/** Asserts that `action` throws a LapidaryError of this code whose message and place mention all of `parts`. */
export function assertFails(action: () => unknown, code: ErrorCode, ...parts: readonly string[]): LapidaryError {
  let thrown: unknown;
  try {
    action();
  } catch (caught) {
    thrown = caught;
  }
  return checked(thrown, code, parts);
}

/** The same for a promise. */
export async function assertRejects(
  promise: Promise<unknown>,
  code: ErrorCode,
  ...parts: readonly string[]
): Promise<LapidaryError> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  return checked(thrown, code, parts);
}

function checked(thrown: unknown, code: ErrorCode, parts: readonly string[]): LapidaryError {
  assert.ok(thrown !== undefined, 'nothing was thrown');
  assert.ok(thrown instanceof LapidaryError, `not a LapidaryError: ${inspect(thrown)}`);
  assert.equal(thrown.code, code, thrown.message);
  const { model, pass, node, tensor, hint } = thrown.place;
  const text = [thrown.message, ...[model, pass, node, tensor, hint].map((part) => part && `"${part}"`)].join(' ');
  for (const part of parts) assert.ok(text.includes(part), `"${part}" is not in: ${text}`);
  return thrown;
}
