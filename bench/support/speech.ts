/** Recurrent models on recorded speech: state goes from sample to sample, and both sides see the same states. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { CarriedState } from '../../src/data/carriedState';
import { type Sample } from '../../src/data/source';
import { openWav } from '../../src/data/wav';
import { readModel } from '../../src/graph/fromOnnx';
import { countElements } from '../../src/graph/shape';
import { type Model } from '../../src/graph/model';
import { encodeModel } from '../../src/graph/toOnnx';
import { loadOrt } from '../../src/runtime/ort';
import { type Feeds, type RuntimeTensor } from '../../src/runtime/port';
import { exampleModels } from '../../scripts/examples';
import { type Lab } from './lab';
import { shared, type TrainedModel } from './quality';
import { inMemory } from '../../test/support/feeds';
import { spread } from './samples';

const calibrationSize = 64;

const floats = (shape: readonly number[], data?: Float32Array): RuntimeTensor => ({
  dataType: 'float',
  shape,
  data: data ?? new Float32Array(countElements(shape)),
});

/** Silero VAD: windows of 512 samples at 16 kHz behind 64 of the one before. */
export async function openVoiceActivity(lab: Lab): Promise<TrainedModel | undefined> {
  const sound = recording(lab, 'silero-vad');
  if (!sound) return undefined;
  const model = readModel(path.join(await exampleModels(), 'speech/voice-activity.onnx'));
  const sr: RuntimeTensor = { dataType: 'int64', shape: [], data: BigInt64Array.of(16000n) };
  const windows = framesOf(sound, 576, 512).map((frame) => ({
    input: floats([1, 576], frame),
    state: floats([2, 1, 128]),
    sr,
  }));
  return halved('silero-vad', model, windows, { stateN: 'state' });
}

/** GTCRN: frames of a short-time Fourier transform, [1, 257, 1, 2], with three caches. */
export async function openDenoiser(lab: Lab): Promise<TrainedModel | undefined> {
  const sound = recording(lab, 'gtcrn');
  if (!sound) return undefined;
  const model = readModel(path.join(shared, 'models/gtcrn.onnx'));
  const frames = framesOf(sound, 512, 256).map((frame) => ({
    mix: floats([1, 257, 1, 2], spectrum(frame)),
    conv_cache: floats([2, 1, 16, 16, 33]),
    tra_cache: floats([2, 3, 1, 1, 16]),
    inter_cache: floats([2, 1, 33, 16]),
  }));
  const state = { conv_cache_out: 'conv_cache', tra_cache_out: 'tra_cache', inter_cache_out: 'inter_cache' };
  return halved('gtcrn', model, frames, state);
}

/**
 * Calibrates on samples spread over the first half of a recording, each with the state that the float model had then,
 * so that a tool that cannot carry state sees what one that can sees; scores the second half, where each version
 * carries its own state.
 */
async function halved(
  name: string,
  model: Model,
  feeds: readonly Feeds[],
  state: Readonly<Record<string, string>>,
): Promise<TrainedModel> {
  const half = feeds.length >> 1;
  const [seen, unseen] = [feeds.slice(0, half), feeds.slice(half)];
  const samples: Sample[] = [];
  const session = await (await loadOrt()).open(encodeModel(model));
  const carried = new CarriedState(state);
  for (const each of seen) {
    const { feeds: given } = await carried.run(session, { feeds: each }, []);
    samples.push({ name: `${name} ${samples.length}`, feeds: given });
  }
  await session.close();
  const evaluation = unseen.map((each, index): Sample => ({
    name: `${half + index}`,
    feeds: each,
    begins: index === 0,
  }));
  return {
    name,
    model,
    calibration: inMemory(spread(samples, calibrationSize, Math.floor(half / calibrationSize))),
    evaluation: inMemory(evaluation, state),
  };
}

function recording(lab: Lab, what: string): Float32Array | undefined {
  const file = path.join(shared, 'data/denoise/mix.wav');
  if (!existsSync(file)) {
    lab.print(`Skipped: ${what}, as ../shared/data/denoise/mix.wav is not here.`);
    return undefined;
  }
  const sound = openWav(file);
  return sound.read(0, sound.frames);
}

/** Frames of `length` every `hop`, those that do not fit left out. */
function framesOf(sound: Float32Array, length: number, hop: number): Float32Array[] {
  const count = Math.floor((sound.length - length) / hop) + 1;
  return Array.from({ length: count }, (_, index) => sound.slice(index * hop, index * hop + length));
}

/** Real and imaginary parts of the discrete Fourier transform under the root of a Hann window, [bins, 2]. */
function spectrum(frame: Float32Array): Float32Array {
  const size = frame.length;
  const windowed = frame.map((value, at) => value * Math.sin((Math.PI * at) / size));
  const bins = size / 2 + 1;
  const result = new Float32Array(bins * 2);
  for (let bin = 0; bin < bins; bin++) {
    let [re, im] = [0, 0];
    for (let at = 0; at < size; at++) {
      const turn = (2 * Math.PI * ((bin * at) % size)) / size;
      re += windowed[at]! * Math.cos(turn);
      im -= windowed[at]! * Math.sin(turn);
    }
    result[bin * 2] = re;
    result[bin * 2 + 1] = im;
  }
  return result;
}
