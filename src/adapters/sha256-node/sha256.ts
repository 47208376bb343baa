// Stage: adapter. sha256 by the code that Node brings, which knows the processor's instructions for it.
// Invariant: the function of the core, to the bit; asked before it is used.
import { createHash, hash, type Hash } from 'node:crypto';
import { useSha256, type Sha256 } from '../../domain/canonical.ts';

/**
 * Characters that are put together before they are handed over: each hand-over costs as much as a few
 * lines. A line as long as this goes alone, since putting it to others would copy it.
 */
const HANDFUL = 8_192;

export const nodeSha256: Sha256 = {
  ofText: (text) => hash('sha256', text, 'hex'),
  ofLines(lines) {
    let whole: Hash | undefined;
    let waiting = '';
    let separator = '';
    const handOver = (text: string): void => {
      whole ??= createHash('sha256');
      whole.update(text, 'utf8');
    };
    for (const line of lines) {
      waiting += separator;
      separator = '\n';
      if (line.length >= HANDFUL) {
        handOver(waiting);
        handOver(line);
        waiting = '';
        continue;
      }
      waiting += line;
      if (waiting.length < HANDFUL) continue;
      handOver(waiting);
      waiting = '';
    }
    if (whole === undefined) return hash('sha256', waiting, 'hex');
    return whole.update(waiting, 'utf8').digest('hex');
  },
};

/** Lets every digest of this thread be computed by Node. */
export const useNodeSha256 = (): void => useSha256(nodeSha256);
