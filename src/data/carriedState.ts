/** State of a recurrent model: outputs of one sample that are inputs of the next. */
import { LapidaryError } from '../protocol/errors';
import { type Feeds, type InferenceSession, type RuntimeTensor } from '../runtime/port';
import { type Sample } from './source';

/** A run with the inputs that it was really given. */
export interface StatefulRun {
  readonly feeds: Feeds;
  readonly results: Readonly<Record<string, RuntimeTensor>>;
}

/** Carries the state of one model through samples in their order; without state it just runs. */
export class CarriedState {
  private held: Record<string, RuntimeTensor> = {};

  /** `state` maps outputs to the inputs that they become: see DataSource. */
  constructor(private readonly state: Readonly<Record<string, string>> = {}) {}

  /**
   * Runs on a sample, with the state that the sample before left in place of what the data says, and returns (at least)
   * the outputs in `fetch`. Where the sample begins a new sequence, so does the state.
   */
  async run(
    session: InferenceSession,
    { feeds, begins = false }: Pick<Sample, 'feeds' | 'begins'>,
    fetch: readonly string[],
  ): Promise<StatefulRun> {
    if (begins) this.held = {};
    const outputs = Object.keys(this.state);
    for (const name of outputs) mustHave(session, name);
    const given = { ...feeds, ...this.held };
    const fetched = outputs.length > 0 ? [...new Set([...fetch, ...outputs])] : fetch;
    const results = fetched.length > 0 ? await session.run(given, fetched) : {};
    for (const [output, input] of Object.entries(this.state)) this.held[input] = results[output]!;
    return { feeds: given, results };
  }
}

function mustHave(session: InferenceSession, name: string): void {
  if (session.outputs.some((output) => output.name === name)) return;
  // The model's own come first: one that is observed has many more.
  const names = session.outputs.slice(0, 8).map((output) => output.name);
  const more = session.outputs.length > names.length ? ', …' : '.';
  throw new LapidaryError('data', `The state is carried from output "${name}", which the model does not have.`, {
    tensor: name,
    hint: `Its outputs are ${names.join(', ')}${more}`,
  });
}
