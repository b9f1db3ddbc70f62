// Stands in for @vscode/spdlog, a native log writer that VS Code's server loads when it starts and that is not built here.
// Appends lines to the file, which is all that a short test run needs (no rotation).
// Each export is on a line of its own: the server imports this as a module, and Node finds the names of exports by reading.
'use strict';
const fs = require('node:fs');
const path = require('node:path');

const names = ['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off'];

class Logger {
  constructor(_kind, _name, file) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    this.descriptor = fs.openSync(file, 'a');
    this.level = names.indexOf('info');
    this.bare = false;
  }
  write(level, text) {
    if (level < this.level || this.descriptor === undefined) return;
    fs.writeSync(this.descriptor, this.bare ? text : `${new Date().toISOString()} [${names[level]}] ${text}\n`);
  }
  trace(text) {
    this.write(0, text);
  }
  debug(text) {
    this.write(1, text);
  }
  info(text) {
    this.write(2, text);
  }
  warn(text) {
    this.write(3, text);
  }
  error(text) {
    this.write(4, text);
  }
  critical(text) {
    this.write(5, text);
  }
  getLevel() {
    return this.level;
  }
  setLevel(level) {
    this.level = level;
  }
  setPattern() {}
  clearFormatters() {
    this.bare = true;
  }
  flush() {}
  drop() {
    if (this.descriptor === undefined) return;
    fs.closeSync(this.descriptor);
    this.descriptor = undefined;
  }
}

async function createLogger(name, file) {
  return new Logger('rotating', name, file);
}

exports.version = 'lapidary-stand-in';
exports.Logger = Logger;
exports.createRotatingLogger = createLogger;
exports.createAsyncRotatingLogger = createLogger;
exports.setLevel = () => {};
exports.setFlushOn = () => {};
