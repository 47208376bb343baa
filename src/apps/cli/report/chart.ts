// Stage: apps. Line charts as SVG text.
// Invariant: a value that is unknown breaks the line; nothing is drawn where nothing is known.

export interface ChartSeries {
  readonly name: string;
  /** A CSS colour. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
}

export interface Chart {
  readonly title: string;
  readonly sessions: readonly string[];
  readonly series: readonly ChartSeries[];
  readonly label: (value: number) => string;
  /** Always within the drawn range. */
  readonly includes?: number;
  readonly filled?: boolean;
}

const WIDTH = 920;
const HEIGHT = 220;
const LEFT = 78;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 24;
/** More points than this a line cannot show at this width. */
const MOST_POINTS = 1800;
const TICKS = 4;

/** One chart with its title, axes and legend. */
export function svgOf(chart: Chart): string {
  const known = chart.series.flatMap(({ values }) => values.filter((value) => value !== null));
  if (known.length === 0)
    return `<figure><figcaption>${escape(chart.title)}: nothing known</figcaption></figure>`;
  const scale = scaleOf(known, chart);
  const ticks = Array.from({ length: TICKS + 1 }, (_, index) => {
    const value = scale.low + ((scale.high - scale.low) * index) / TICKS;
    const y = scale.y(value).toFixed(1);
    return (
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/>` +
      `<text class="tick" x="${LEFT - 6}" y="${y}" dy="4" text-anchor="end">${escape(chart.label(value))}</text>`
    );
  });
  const lines = chart.series.map(({ values, colour, name }) => {
    const path = pathOf(values, scale);
    const fill = chart.filled === true ? areaOf(values, scale, colour) : '';
    return `${fill}<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.4"><title>${escape(name)}</title></path>`;
  });
  return (
    `<figure><figcaption>${escape(chart.title)}${legendOf(chart.series)}</figcaption>` +
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(chart.title)}">` +
    `${ticks.join('')}${yearMarks(chart.sessions, scale)}${lines.join('')}</svg></figure>`
  );
}

interface Scale {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  x(index: number): number;
  y(value: number): number;
}

function scaleOf(known: readonly number[], { includes, sessions }: Chart): Scale {
  let [low, high] = [includes ?? Number.POSITIVE_INFINITY, includes ?? Number.NEGATIVE_INFINITY];
  for (const value of known) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low === high) high = low + (Math.abs(low) || 1) * 0.01;
  const count = sessions.length;
  return {
    low,
    high,
    count,
    x: (index) => LEFT + (index / Math.max(1, count - 1)) * (WIDTH - LEFT - RIGHT),
    y: (value) => TOP + (1 - (value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM),
  };
}

function pathOf(values: readonly (number | null)[], scale: Scale): string {
  const step = Math.max(1, Math.ceil(values.length / MOST_POINTS));
  let path = '';
  let drawing = false;
  values.forEach((value, index) => {
    if (index % step !== 0 && index !== values.length - 1) return;
    if (value === null) {
      drawing = false;
      return;
    }
    path += `${drawing ? 'L' : 'M'}${scale.x(index).toFixed(1)} ${scale.y(value).toFixed(1)}`;
    drawing = true;
  });
  return path;
}

/** The area between a line without gaps and zero. */
function areaOf(values: readonly (number | null)[], scale: Scale, colour: string): string {
  if (values.includes(null)) return '';
  const zero = scale.y(0).toFixed(1);
  const last = scale.x(values.length - 1).toFixed(1);
  return `<path d="${pathOf(values, scale)}L${last} ${zero}L${LEFT} ${zero}Z" fill="${colour}" opacity="0.15"/>`;
}

/** The first session of each year; of each month where there is one year only. */
function yearMarks(sessions: readonly string[], scale: Scale): string {
  const years = new Set(sessions.map((session) => session.slice(0, 4))).size;
  const length = years > 1 ? 4 : 7;
  let last = '';
  return sessions
    .map((session, index) => {
      const mark = session.slice(0, length);
      const isNew = mark !== last;
      last = mark;
      if (!isNew || index === 0) return '';
      const x = scale.x(index).toFixed(1);
      return (
        `<line class="grid" x1="${x}" x2="${x}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/>` +
        `<text class="tick" x="${x}" y="${HEIGHT - 8}" text-anchor="middle">${mark}</text>`
      );
    })
    .join('');
}

const legendOf = (series: readonly ChartSeries[]): string =>
  series.length < 2
    ? ''
    : series
        .map(
          ({ name, colour }) => ` <span class="key" style="--key:${colour}">${escape(name)}</span>`,
        )
        .join('');

/** Text that may stand in HTML. */
export const escape = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
