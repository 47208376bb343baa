#!/usr/bin/env node
// Stage: launcher. Starts Assay on the Node it needs.
// Invariant: arguments, output, signals and the way it ended pass through unchanged.
import { spawn } from 'node:child_process';
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { chooseRuntime, findPinnedNode } from './runtime.js';

/** Set for the second start, to the process that made it. */
const LAUNCHER = 'ASSAY_LAUNCHER_PID';
/** EX_CONFIG of sysexits.h: the machine is not set up for Assay. */
const NOT_SET_UP = 78;

const runtime = chooseRuntime({
  version: process.versions.node,
  pinned: findPinnedNode(import.meta.url),
});
if (runtime.kind === 'here') await run();
else if (runtime.kind === 'again') runOn(runtime.node);
else refuse(runtime.message);

async function run() {
  endWithLauncher();
  rememberCompiled();
  const { main } = await import('../src/apps/cli/main.ts');
  process.exitCode = await main(process.argv.slice(2));
}

/**
 * Half of a short command's time is the reading of the program. What Node compiled is kept beside the
 * packages, by content, and read back the next time; where that place cannot be written nothing is kept.
 */
function rememberCompiled() {
  module.enableCompileCache(
    fileURLToPath(new URL('../node_modules/.cache/assay', import.meta.url)),
  );
}

/**
 * Killing the launcher outright must not leave a process behind that goes on trading.
 * A signal that can be caught is forwarded instead, and this process ends in its own way.
 */
function endWithLauncher() {
  if (process.env[LAUNCHER] !== String(process.ppid) || !process.channel) return;
  delete process.env[LAUNCHER];
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.channel.unref();
}

/** @param {string} node */
function runOn(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [LAUNCHER]: String(process.pid) },
  });
  /** @type {readonly NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
  for (const signal of signals) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C and Ctrl-\ to both processes: once is enough.
      const fromTerminal = process.stdin.isTTY && (signal === 'SIGINT' || signal === 'SIGQUIT');
      if (!fromTerminal) child.kill(signal);
    });
  }
  child.on('error', (error) =>
    refuse(`Cannot start ${node}: ${error.message}. Nothing was started.`),
  );
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code ?? 1;
      return;
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** @param {string} message */
function refuse(message) {
  process.stderr.write(`${message}\n`);
  process.exitCode = NOT_SET_UP;
}
