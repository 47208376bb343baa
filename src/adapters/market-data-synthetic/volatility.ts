// Stage: none; volatility that clusters: large moves follow large moves.
// Invariant: the multiple stays between the square roots of the least and the most variance.
const LONG_RUN = 0.04;
const NEWS = 0.06;
/** Bad news unsettles more than good (Glosten, Jagannathan and Runkle 1993). */
const BAD_NEWS = 0.08;
const MEMORY = 0.86;
const MOST_VARIANCE = 4;

export interface Volatility {
  /** What the ordinary deviation is multiplied by today; near 1 in the long run. */
  multiple(): number;
  /** Takes in the day's move, in units of its deviation. */
  remember(normal: number): void;
}

/** GARCH(1,1) with asymmetry, starting at its long-run mean. */
export function startVolatility(): Volatility {
  let variance = 1;
  return {
    multiple: () => Math.sqrt(variance),
    remember(normal) {
      const news = (normal < 0 ? NEWS + BAD_NEWS : NEWS) * normal * normal * variance;
      variance = Math.min(LONG_RUN + news + MEMORY * variance, MOST_VARIANCE);
    },
  };
}
