// A real VS Code without downloads: the server build inside the npm package of code-server, run by a Node from npm.
// No native build, no install script, no system package. Linux only.
import fs from 'node:fs';
import path from 'node:path';
import { makeFolderOnce, npm, unpackNpmPackage } from '../lib/npmPackage';
import { vscodeTestFolder } from '../lib/paths';

const codeServerVersion = '4.139.1'; // holds VS Code 1.139.1
const nodeVersion = '24.21.0'; // the Node that this VS Code was made for

/** Dependencies of the server that only remote containers, chat and sign-in need: large, or native and not built here. */
const unusedDependencies = [
  '@devcontainers/cli',
  '@github/copilot-sdk',
  '@microsoft/mxc-sdk',
  '@vscode/sqlite3',
  'kerberos',
  'ssh2',
];

/** A VS Code server that is ready to start. */
export interface InstalledServer {
  /** The Node executable that runs it, and with it the extension host. */
  readonly node: string;
  /** The script that is the server. */
  readonly main: string;
}

/** True where the server build runs; elsewhere only the desktop VS Code does. */
export function serverIsSupported(): boolean {
  return process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64');
}

/** Installs the server unless it is there already. */
export async function installServer(): Promise<InstalledServer> {
  const folder = path.join(vscodeTestFolder, `server-${codeServerVersion}-node-${nodeVersion}`);
  await makeFolderOnce(folder, (temporary) => {
    console.log('Getting VS Code (server build, about 120 MB) from npm…');
    unpackNpmPackage({ spec: `node-linux-${process.arch}@${nodeVersion}`, folder: 'bin', files: ['node'] }, temporary);
    const server = path.join(temporary, 'server');
    const spec = `code-server@${codeServerVersion}`;
    unpackNpmPackage({ spec, folder: 'lib/vscode', without: ['extensions/copilot'] }, server);
    installDependencies(server);
  });
  return { node: path.join(folder, 'node'), main: path.join(folder, 'server/out/server-main.js') };
}

function installDependencies(server: string): void {
  const manifest = path.join(server, 'package.json');
  const contents = JSON.parse(fs.readFileSync(manifest, 'utf8')) as { dependencies: Record<string, string> };
  for (const name of unusedDependencies) delete contents.dependencies[name];
  fs.writeFileSync(manifest, JSON.stringify(contents, undefined, 2));
  // Not `npm ci`: package.json no longer agrees with the shrinkwrap, which still fixes every version.
  npm(['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'], server);
  for (const name of ['spdlog', 'native-watchdog']) {
    const standIn = path.join(__dirname, 'standIns', `${name}.cjs`);
    fs.copyFileSync(standIn, path.join(server, 'node_modules/@vscode', name, 'index.js'));
  }
}
