// Finds a Chromium: the person's own, else the one that is packed inside the npm package @sparticuz/chromium.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';
import { type LaunchOptions } from 'playwright-core';
import { makeFolderOnce } from '../lib/npmPackage';
import { root, vscodeTestFolder } from '../lib/paths';

const usualPlaces = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const launchArguments = [
  '--no-sandbox', // containers and root have no user namespaces
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** How to launch Chromium on this machine. CHROME_PATH names one; LAPIDARY_NPM_CHROMIUM=1 asks for the packed one. */
export async function chromiumLaunchOptions(): Promise<LaunchOptions> {
  const own = process.env.LAPIDARY_NPM_CHROMIUM ? [] : [process.env.CHROME_PATH, ...usualPlaces];
  const executablePath = own.find((place) => place !== undefined && fs.existsSync(place));
  const common = { args: launchArguments, headless: !process.env.HEADED };
  if (executablePath) return { ...common, executablePath };
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('No Chromium found: install Chromium or Chrome, or name one in CHROME_PATH');
  }
  const folder = await unpackChromium();
  return { ...common, executablePath: path.join(folder, 'chromium'), env: libraryEnvironment(folder) };
}

async function unpackChromium(): Promise<string> {
  const packed = path.join(root, 'node_modules/@sparticuz/chromium');
  const { version } = JSON.parse(fs.readFileSync(path.join(packed, 'package.json'), 'utf8')) as { version: string };
  const folder = path.join(vscodeTestFolder, `chromium-${version}`);
  await makeFolderOnce(folder, async (temporary) => {
    const unbrotli = (name: string, to: string): Promise<void> =>
      pipeline(
        fs.createReadStream(path.join(packed, 'bin', name)),
        zlib.createBrotliDecompress(),
        fs.createWriteStream(to, { mode: 0o755 }),
      );
    await unbrotli('chromium.br', path.join(temporary, 'chromium'));
    // al2023: the shared libraries that a bare system lacks; swiftshader: drawing without a graphics card.
    for (const name of ['al2023', 'fonts', 'swiftshader']) {
      const archive = path.join(temporary, `${name}.tar`);
      await unbrotli(`${name}.tar.br`, archive);
      execFileSync('tar', ['xf', archive, '-C', temporary]);
      fs.rmSync(archive);
    }
    fs.writeFileSync(path.join(temporary, 'fonts.conf'), fontConfiguration(folder));
  });
  return folder;
}

function fontConfiguration(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/fonts-cache</cachedir></fontconfig>
`;
}

/** The packed libraries and fonts, used only where the system has none: mixing both breaks. */
function libraryEnvironment(folder: string): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) environment[name] = value;
  if (!fs.existsSync('/etc/fonts/fonts.conf')) environment.FONTCONFIG_FILE = path.join(folder, 'fonts.conf');
  const libraries = ['/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib'];
  const systemHasThem = libraries.some((place) => fs.existsSync(path.join(place, 'libnss3.so')));
  if (!systemHasThem) environment.LD_LIBRARY_PATH = path.join(folder, 'lib');
  return environment;
}
