// Stage: adapter. sha256 by the code that Node brings, which knows the processor's instructions for it.
// Invariant: the function of the core, to the bit; asked before it is used.
import { createHash, hash } from 'node:crypto';
import { useSha256, type Sha256 } from '../../domain/canonical.ts';

/** Characters that are put together before they are handed over: each hand-over costs as much as a few lines. */
const HANDFUL = 8_192;

export const nodeSha256: Sha256 = {
  ofText: (text) => hash('sha256', text, 'hex'),
  ofLines(lines) {
    const whole = createHash('sha256');
    let waiting = '';
    let separator = '';
    for (const line of lines) {
      waiting += separator + line;
      separator = '\n';
      if (waiting.length < HANDFUL) continue;
      whole.update(waiting, 'utf8');
      waiting = '';
    }
    return whole.update(waiting, 'utf8').digest('hex');
  },
};

/** Lets every digest of this thread be computed by Node. */
export const useNodeSha256 = (): void => useSha256(nodeSha256);
