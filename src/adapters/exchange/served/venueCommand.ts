// Stage: paper exchange, served. What reaches the exchange from outside.
// Invariant: JSON, so that it can be kept with its instant and run again.

/** Everything that changes the state from outside. */
export type VenueCommand =
  | { readonly kind: 'submit'; readonly body: unknown }
  | { readonly kind: 'replace'; readonly orderId: string; readonly body: unknown }
  | { readonly kind: 'cancel'; readonly orderId: string }
  | { readonly kind: 'end_every_order' }
  | {
      readonly kind: 'close';
      readonly symbol: string;
      readonly qty: string | null;
      readonly percentage: string | null;
    }
  | { readonly kind: 'configure'; readonly body: unknown }
  | { readonly kind: 'faults'; readonly body: unknown }
  | {
      readonly kind: 'execute';
      readonly orderId: string;
      readonly qty: string;
      readonly price: string;
    }
  | { readonly kind: 'transition'; readonly orderId: string; readonly status: string }
  | { readonly kind: 'bust'; readonly orderId: string }
  | { readonly kind: 'bust_execution'; readonly executionId: string }
  | {
      readonly kind: 'correct';
      readonly executionId: string;
      readonly qty: string;
      readonly price: string;
    }
  | { readonly kind: 'cash'; readonly type: string; readonly amount: string }
  | {
      readonly kind: 'shares';
      readonly type: string;
      readonly symbol: string;
      readonly qty: string;
      readonly price: string | null;
    };
