// Stage: bench. The one sleeve whose postings are asked for.
// Invariant: every history has it.
export const ASKED = 's7';
