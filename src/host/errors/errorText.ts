/** An error as a person reads it in a notification: what is wrong, where, what to do. Knows no vscode. */
import path from 'node:path';
import { type LapidaryError } from '../../protocol/errors';
import { plainMessage } from '../text/plain';
import { type Say } from '../text/say';
import { hintOf } from './hints';

/** The places of an error in words, the file by its name only: the rest of the path is in the log. */
export function placeText({ place }: LapidaryError): string {
  const parts = [
    place.model && path.basename(place.model),
    place.pass && `pass ${place.pass}`,
    place.node && `node ${place.node}`,
    place.tensor && `tensor ${place.tensor}`,
    place.file && [path.basename(place.file), place.line, place.column].filter(Boolean).join(':'),
  ];
  return parts.filter(Boolean).join(', ');
}

/** One paragraph. A place that the message names already is not said twice. */
export function errorText(error: LapidaryError, say: Say): string {
  const { message } = error;
  const hint = hintOf(error, say);
  const places = placeText(error)
    .split(', ')
    .filter((part) => part !== '' && !message.includes(part.replace(/^(pass|node|tensor) /, '')));
  const where = places.length > 0 ? ` (${places.join(', ')})` : '';
  const sentence = `${message.replace(/[.\s]+$/, '')}${where}.`;
  return plainMessage(hint === '' ? sentence : `${sentence} ${hint}`);
}
