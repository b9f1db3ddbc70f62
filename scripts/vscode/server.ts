// Starts and stops one VS Code server, with data, extensions and settings of its own that vanish with it.
import { type ChildProcess } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { killTree, run, spawnOwned } from '../lib/child';
import { installServer } from './install';

/** Settings that keep a fresh VS Code quiet and offline. */
const quietSettings = {
  'workbench.startupEditor': 'none',
  'workbench.enableExperiments': false,
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'chat.disableAIFeatures': true,
};

/** What to start. */
export interface ServerOptions {
  /** Extensions to install first, as VSIX files. */
  readonly extensions?: readonly string[];
  /** Makes `payload` in the address work and hides notifications: for tests inside the extension host. */
  readonly testDriver?: boolean;
  /** A person uses it: it runs until it is stopped. Else it ends when it is left alone. */
  readonly attended?: boolean;
  /** Settings for every window. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Variables for the server and the extension host. Names with VSCODE_ are not passed on, except VSCODE_TEST…. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** A running VS Code server. */
export interface Server {
  /** The address at which a browser finds a folder opened in this VS Code. */
  address(folder: string, payload?: readonly (readonly [string, string])[]): string;
  /** A local path as this VS Code writes it in its payload. */
  remoteUri(file: string): string;
  /** Changes the settings of all windows; they notice by themselves. */
  changeSettings(changes: Readonly<Record<string, unknown>>): void;
  /** What the extension host, the extensions' output channels and the server have logged. */
  readonly logFolder: string;
  /** Resolves with the exit code when the server has ended. */
  readonly ended: Promise<number>;
  /** Ends the server with all that it started and removes its data. */
  stop(): Promise<void>;
}

/** Starts a server on a free port of this machine, reachable from this machine only and with a secret token. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const { node, main } = await installServer();
  const data = fs.mkdtempSync(path.join(os.tmpdir(), 'lapidary-vscode-'));
  process.once('exit', () => fs.rmSync(data, { recursive: true, force: true }));
  const machineSettings = path.join(data, 'data/Machine/settings.json');
  let settings: Record<string, unknown> = { ...quietSettings, ...options.settings };
  const changeSettings = (changes: Readonly<Record<string, unknown>>): void => {
    settings = { ...settings, ...changes };
    fs.mkdirSync(path.dirname(machineSettings), { recursive: true });
    fs.writeFileSync(machineSettings, JSON.stringify(settings));
  };
  changeSettings({});

  const environment = cleanEnvironment(options.environment);
  const folders = ['--server-data-dir', data, '--extensions-dir', path.join(data, 'extensions')];
  const common = [main, ...folders, '--accept-server-license-terms', '--disable-telemetry'];
  for (const vsix of options.extensions ?? []) {
    const code = await run(node, [...common, '--install-extension', vsix, '--force'], { env: environment });
    if (code !== 0) throw new Error(`VS Code could not install ${vsix} (exit code ${code})`);
  }

  const token = crypto.randomBytes(16).toString('hex');
  const where = ['--host', '127.0.0.1', '--port', '0', '--connection-token', token];
  // Not the environment of a login shell: it takes a second to get and differs from person to person.
  const ours = ['--force-disable-user-env'];
  if (options.testDriver) ours.push('--enable-smoke-test-driver');
  // The folders that it shows are of our own making.
  ours.push('--disable-workspace-trust');
  if (!options.attended) ours.push('--enable-remote-auto-shutdown');
  const args = [...common, ...where, ...ours];
  const child = spawnOwned(node, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
  const port = await listeningPort(child);

  return {
    address: (folder, payload = []) => {
      const query = new URLSearchParams({ folder, tkn: token });
      if (payload.length > 0) query.set('payload', JSON.stringify(payload));
      return `http://127.0.0.1:${port}/?${query.toString()}`;
    },
    remoteUri: (file) => `vscode-remote://127.0.0.1:${port}${file}`,
    changeSettings,
    logFolder: path.join(data, 'data/logs'),
    ended,
    stop: async () => {
      await stopGently(child, ended);
      fs.rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Our own environment without what would make the server believe that it runs inside another VS Code. */
function cleanEnvironment(extra: ServerOptions['environment']): NodeJS.ProcessEnv {
  const noGallery = { EXTENSIONS_GALLERY: JSON.stringify({ serviceUrl: '' }) };
  const entries = Object.entries({ ...process.env, ...noGallery, ...extra });
  return Object.fromEntries(entries.filter(([name]) => !/^(VSCODE_(?!TEST)|ELECTRON_|NODE_OPTIONS$)/.test(name)));
}

function listeningPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (what: string): void => reject(new Error(`VS Code's server ${what}:\n${output}`));
    const deadline = setTimeout(() => fail('does not answer after a minute'), 60_000);
    const listen = (chunk: Buffer): void => {
      // What comes after the port is read too, lest the pipe fill up, but it is in the log files.
      output = (output + chunk.toString()).slice(-10_000);
      const port = /agent listening on (\d+)/.exec(output)?.[1];
      if (!port) return;
      clearTimeout(deadline);
      resolve(Number(port));
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.once('error', reject);
    child.once('exit', (code) => fail(`ended with exit code ${code}`));
  });
}

/** Asks first, so that the extension host can end its children, and kills what is left after some seconds. */
async function stopGently(child: ChildProcess, ended: Promise<number>): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  if (child.exitCode === null && child.signalCode === null) {
    const impatience = setTimeout(() => killTree(pid), 5000);
    killTree(pid, 'SIGTERM');
    await ended;
    clearTimeout(impatience);
  }
  killTree(pid);
}
