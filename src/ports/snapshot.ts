// Stage: port. A place for one text that saves the next start its time, and that nothing depends on.
// Invariant: what is read may be missing, old or damaged: who reads it checks it and can do without.

/** A text, or why there is none. */
export type SnapshotRead =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string };

export interface SnapshotStore {
  /** A digest of the rules in use, the program itself: what other rules made is not taken. */
  rules(): string;
  /** The text last written, or whatever lies there. */
  read(): SnapshotRead;
  /** Replaces it as a whole. @returns whether it lies there now; without it the next start takes longer */
  write(text: string): boolean;
}
