/** What a person can do about an error that does not say it itself. Knows no vscode. */
import { type ErrorCode, type LapidaryError } from '../../protocol/errors';
import { type Say } from '../text/say';

/** The error's own hint, else the one of its kind; '' where there is nothing to do. */
export function hintOf(error: LapidaryError, say: Say): string {
  return error.place.hint ?? hintOfKind(error.code, say);
}

function hintOfKind(code: ErrorCode, say: Say): string {
  switch (code) {
    case 'not-onnx':
      return say('Check that it is an ONNX model and arrived whole: Git LFS leaves a small text until it is pulled.');
    case 'invalid-model':
      return say('Export the model again; nothing was written.');
    case 'external-data':
      return say('Put the file with the weights beside the model, under the name that the model gives.');
    case 'runtime-failed':
      return say('The log has what ONNX Runtime said.');
    case 'runtime-missing':
      return say('Name another Node.js in the setting lapidary.worker.nodePath.');
    case 'io':
      return say('Check the free space and the permissions of the folder.');
    case 'internal':
      return say('This is a fault of Lapidary. Please report it with what the log says.');
    case 'not-found':
      return say('It may have been moved, renamed or deleted: look for it, or bring it back.');
    case 'usage':
    case 'output-exists':
    case 'unsupported':
    case 'nothing-to-do':
    case 'data':
    case 'worker-died':
    case 'gate-failed':
    case 'cancelled':
      return '';
  }
}
