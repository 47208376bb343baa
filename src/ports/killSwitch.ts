// Stage: port. The switch with which a person stops all new orders at once.
// Invariant: a switch that cannot be read counts as pulled.

export interface KillOrder {
  /** In the person's words, or why the switch cannot be read. */
  readonly reason: string;
}

export interface KillSwitch {
  /** For people: where it is. */
  readonly place: string;
  /** Asked before every request that leaves; null when it is not pulled. */
  read(): KillOrder | null;
}
