/** Programs that make a version of a model, run as whole processes: each once, and those of equal work in turns. */
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { type Lab } from '../../support/lab';
import { EndedBadly, type Contender, type Measurement, race } from '../../support/measure';
import { type Discipline } from './disciplines';
import { type Subject } from './subjects';

/** A version of a model and what making it took. */
export interface Made {
  readonly name: string;
  readonly ours: boolean;
  readonly output: string;
  readonly measured: Measurement;
  /** Our own word that nothing would be gained: the model stays as it is. */
  readonly leftFloat: boolean;
}

interface Maker extends Contender {
  readonly ours: boolean;
  readonly output: string;
  /** What else to try should it fail. */
  readonly otherwise?: readonly string[];
}

type Attempt = Made & { readonly maker: Maker };

/** The exit code of a pass that would change nothing. */
const nothingToDo = 4;

/** Runs all contenders; prints who made nothing, and why. */
export async function makeAll(lab: Lab, discipline: Discipline, subject: Subject): Promise<Made[]> {
  const made: Attempt[] = [];
  for (const maker of await makersOf(lab, discipline, subject)) {
    const say = (text: string): void => lab.print(`${subject.name}: ${maker.name} ${text}`);
    let result = await make(maker, subject, say);
    if (!result && maker.otherwise) {
      say(`once more, ${maker.otherwise.join(' ')}:`);
      result = await make({ ...maker, args: [...maker.args, ...maker.otherwise] }, subject, say);
    }
    if (result) made.push(result);
  }
  const racers = made.filter(({ name, leftFloat }) => discipline.pace.includes(name) && !leftFloat);
  const runs = Math.min(lab.options.runs, 3);
  if (racers.length === 2 && runs > 1) {
    const paces = await race(
      racers.map(({ maker }) => maker),
      runs,
      0,
    );
    return made.map((each) => {
      const lane = racers.indexOf(each);
      return lane < 0 ? each : { ...each, measured: paces[lane]! };
    });
  }
  return made;
}

/** Runs one; undefined, and said so, when it made nothing. */
async function make(maker: Maker, subject: Subject, say: (text: string) => void): Promise<Attempt | undefined> {
  const { name, ours, output } = maker;
  rmSync(output, { force: true });
  try {
    const [measured] = await race([maker], 1, 0);
    // Where the output is a file, a person still sees how far it is.
    process.stderr.write(`  ${subject.name}: ${name} ${measured!.seconds.toFixed(1)} s\n`);
    return { name, ours, output, measured: measured!, leftFloat: false, maker };
  } catch (thrown) {
    if (!(thrown instanceof EndedBadly)) throw thrown;
    const leftFloat = ours && thrown.code === nothingToDo;
    say(`${leftFloat ? 'leaves it in float' : 'made nothing'}: ${reasonOf(thrown.complaints)}`);
    if (!leftFloat) return undefined;
    copyFileSync(subject.file, output);
    return { name, ours, output, measured: thrown.measured, leftFloat, maker };
  }
}

/** Python says it in the last line, we in the first. */
function reasonOf(complaints: string): string {
  const lines = complaints.trim().split('\n');
  const reason = /Traceback/.test(complaints) ? lines.at(-1)! : lines[0]!;
  return reason.slice(0, 200);
}

async function makersOf(
  lab: Lab,
  { name: discipline, ours, peers: theirs }: Discipline,
  { name, file, calibration }: Subject,
): Promise<Maker[]> {
  mkdirSync(lab.file('peers'), { recursive: true });
  const outputOf = (who: string): string =>
    lab.file(`peers/${[name, discipline, who].join('.').replace(/\W+/g, '-')}.onnx`);
  const filled = (args: readonly string[]): string[] => args.map((arg) => (arg === '$calibration' ? calibration : arg));
  const makers: Maker[] = [];
  for (const [who, [command = '', ...flags]] of Object.entries(ours)) {
    const output = outputOf(who);
    const args = [command, file, '-o', output, '--overwrite', '--no-evaluate', ...filled(flags)];
    makers.push({ ...onOneCore(await lab.cli(who, args)), ours: true, output });
  }
  for (const [who, [step, ...rest]] of Object.entries(theirs)) {
    const output = outputOf(who);
    const peer = lab.peer(who, step, file, output, ...filled(rest));
    // Where its per-channel weights fail, the peer gets another chance without.
    const otherwise = step === 'static' ? { otherwise: ['per-tensor'] } : {};
    if (peer) makers.push({ ...onOneCore(peer), ours: false, output, ...otherwise });
  }
  return makers;
}

/** Both sides get the same threads: one core, where there is a way to give it. */
function onOneCore(contender: Contender): Contender {
  if (process.platform !== 'linux') return contender;
  return { ...contender, command: 'taskset', args: ['-c', '0', contender.command, ...contender.args] };
}
