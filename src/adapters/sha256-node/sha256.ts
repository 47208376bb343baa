// Stage: adapter. sha256 by the code that Node brings, which knows the processor's instructions for it.
// Invariant: the function of the core, to the bit; asked before it is used.
import { hash } from 'node:crypto';
import { useSha256, type Sha256 } from '../../domain/canonical.ts';

export const nodeSha256: Sha256 = (text) => hash('sha256', text, 'hex');

/** Lets every digest of this thread be computed by Node. */
export const useNodeSha256 = (): void => useSha256(nodeSha256);
