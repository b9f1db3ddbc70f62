/** Samples from image files. */
import path from 'node:path';
import { type ImageDescription } from './description';
import { fitToSlot } from './cast';
import { type FileList } from './files';
import { readImage } from './image/decode';
import { imageTensor, planImages, type ImagePlan } from './image/preprocess';
import { type SampleSet } from './sampleSet';
import { type InputSlot } from './slot';

/** One sample per image; without a description the input's shape decides, and `what` says so. */
export function imageSet(files: FileList, slot: InputSlot, description?: ImageDescription): SampleSet {
  const plan = planImages(slot, description);
  const count = files.names.length;
  const where = files.folder
    ? `from ${path.basename(files.root)}`
    : `(${files.names.slice(0, 3).join(', ')}${count > 3 ? ', …' : ''})`;
  return {
    what: `${count} ${count === 1 ? 'image' : 'images'} ${where}${description ? '' : ` (${assumed(plan)})`}`,
    size: count,
    inputs: [slot.name],
    name: (index) => files.names[index]!,
    async read(index) {
      const name = files.names[index]!;
      const image = await readImage(path.join(files.root, name));
      return { [slot.name]: fitToSlot(imageTensor(image, plan), slot, name) };
    },
  };
}

function assumed({ description, channels, tables, layout }: ImagePlan): string {
  const { resize } = description;
  const size = Array.isArray(resize)
    ? `resized to ${resize.join('x')}`
    : typeof resize === 'object' && 'height' in resize && resize.height !== undefined
      ? `resized to a height of ${resize.height}`
      : typeof resize === 'object' && 'width' in resize && resize.width !== undefined
        ? `resized to a width of ${resize.width}`
        : 'at most 640 pixels, sizes multiples of 32';
  const top = tables[0]![255]!;
  return `no preprocessing described: ${size}, ${channels} ${layout}, 0 to ${top}`;
}
