/**
 * libjpeg as WebAssembly (mozjpeg, from the package @jsquash/jpeg). Pillow and torchvision decode with libjpeg too, so
 * pixels are theirs to the bit. Its memory is as large as the largest image needs, however many are decoded.
 */
import { readFile } from 'node:fs/promises';

/** As it leaves the decoder. */
interface RgbaImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** What Emscripten's module gives. It throws what is no Error. */
interface Decoder {
  readonly decode: (bytes: Uint8Array, turnByExif: boolean) => RgbaImage;
}

type CreateDecoder = (options: {
  readonly noInitialRun: boolean;
  readonly printErr: (line: string) => void;
  readonly instantiateWasm: (imports: object, use: (instance: object) => void) => object;
}) => Promise<Decoder>;

/** The little of the JavaScript API of WebAssembly that is used: the types of Node have none of it. */
declare const WebAssembly: {
  readonly compile: (bytes: Uint8Array) => Promise<object>;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

let compiled: Promise<object> | undefined;
let decoder: Promise<Decoder> | undefined;
/** What libjpeg said of the image at hand. */
let complaints: string[] = [];

/** Decodes to RGBA, unturned (EXIF is not heeded, as in Pillow's `convert`). Throws what libjpeg says of a damaged or truncated one. */
export async function decodeRgba(bytes: Uint8Array): Promise<RgbaImage> {
  const { decode } = await (decoder ??= start());
  complaints = [];
  try {
    const image = decode(bytes, false);
    // libjpeg only warns of an end that comes early, and fills up with grey.
    if (complaints.includes('Premature end of JPEG file')) throw new Error('the file is truncated');
    return image;
  } catch (thrown) {
    decoder = undefined; // After a fatal error its memory is in no state that anybody knows.
    throw thrown instanceof Error ? thrown : new Error(complaints.join('; ') || 'the decoder gave up');
  }
}

async function start(): Promise<Decoder> {
  // The package's types lean on globals that it does not declare.
  const codec: { default: unknown } = await import('@jsquash/jpeg/codec/dec/mozjpeg_dec.js');
  // esbuild.mjs puts the file beside the bundle.
  compiled ??= readFile(require.resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm')).then(WebAssembly.compile);
  const module = await compiled;
  return (codec.default as CreateDecoder)({
    noInitialRun: true,
    printErr: (line) => complaints.push(line),
    instantiateWasm: (imports, use) => {
      const instance = new WebAssembly.Instance(module, imports);
      use(instance);
      return instance.exports;
    },
  });
}
