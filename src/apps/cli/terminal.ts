// Stage: apps. The terminal as an output.
// Invariant: answers go to standard output, everything else to standard error.
import type { Output } from './usage.ts';

/** Progress is drawn on one line of standard error when that is a terminal, and not at all elsewhere. */
export function terminal(): Output {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe);
  let drawn = false;
  const clear = (): void => {
    if (drawn) process.stderr.write('\r\u001b[K');
    drawn = false;
  };
  return {
    line(text = '') {
      clear();
      process.stdout.write(`${text}\n`);
    },
    note(text) {
      clear();
      process.stderr.write(`${text}\n`);
    },
    progress(text) {
      clear();
      if (text === '' || !process.stderr.isTTY) return;
      process.stderr.write(text);
      drawn = true;
    },
  };
}

/** Whoever reads may stop reading (`assay positions | head`): what is being done is still done whole. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
