// Stage: apps. What became of every signal.
// Invariant: the state is that of the signal's own cycle; what superseded it stands beside.
import type { OpenCycle } from '../../../domain/ledger/state.ts';
import { signalLives, supersede, type SignalLife } from '../../../domain/lifecycle.ts';
import { isWithin, periodOf, readFinishedCycles, type PeriodOptions } from '../finishedCycles.ts';
import { table } from '../table.ts';
import { EXIT, UsageError, type ExitCode, type Output } from '../usage.ts';

export interface SignalsOptions extends PeriodOptions {
  readonly sleeve?: string;
  readonly on?: string;
  readonly json?: boolean;
}

export async function signals(options: SignalsOptions, output: Output): Promise<ExitCode> {
  const { on } = options;
  const period = periodOf(on === undefined ? options : { ...options, from: on, to: on });
  const lives = new Map<string, SignalLife[]>();
  const add = (cycle: OpenCycle): void => {
    for (const life of signalLives(cycle)) {
      const known = lives.get(life.sleeve);
      if (known === undefined) lives.set(life.sleeve, [life]);
      else known.push(life);
    }
  };
  const state = await readFinishedCycles(options.home, output, add);
  if (state.cycle !== null) add(state.cycle);
  refuseUnknownSleeve(options.sleeve, [...lives.keys()]);
  const shown = [...lives.values()]
    .flatMap((each) => each.map((life, index) => supersede(life, each[index + 1])))
    .filter(({ cycle, sleeve }) => isWithin(period, cycle) && (options.sleeve ?? sleeve) === sleeve)
    .sort((a, b) => (a.cycle === b.cycle ? 0 : a.cycle < b.cycle ? -1 : 1));
  if (shown.length === 0) throw noSignals(options, state.firstCycle, state.lastCycle);
  if (options.json === true) output.line(JSON.stringify({ signals: shown }));
  else for (const line of lifeLines(shown)) output.line(line);
  return EXIT.ok;
}

function refuseUnknownSleeve(sleeve: string | undefined, known: readonly string[]): void {
  if (sleeve === undefined || known.includes(sleeve)) return;
  throw new UsageError(
    `--sleeve: expected one of ${known.toSorted().join(', ')}, found "${sleeve}". Nothing was reported. Correct it.`,
  );
}

const noSignals = (
  { home, on, from, to }: SignalsOptions,
  first: string | null,
  last: string | null,
): UsageError =>
  new UsageError(
    `No signal in ${home} ${on === undefined ? `from ${from ?? 'the first'} to ${to ?? 'the last'}` : `on ${on}`}: expected a session from ${first ?? 'none'} to ${last ?? 'none'} that was traded, ` +
      'found none. Nothing was reported. Name another date.',
  );

function lifeLines(lives: readonly SignalLife[]): string[] {
  const right = { align: 'right' } as const;
  const rows = lives.map((life) => [
    life.cycle,
    life.sleeve,
    life.state,
    life.supersededBy ?? '',
    String(life.done),
    String(life.undone),
    life.reasons.map(({ reason, parts }) => `${reason} ${parts}`).join(', '),
  ]);
  const states = new Map<string, number>();
  for (const { state } of lives) states.set(state, (states.get(state) ?? 0) + 1);
  const superseded = lives.filter((life) => life.supersededBy !== null).length;
  return [
    ...table(
      [
        { title: 'session' },
        { title: 'sleeve', most: 16 },
        { title: 'state' },
        { title: 'superseded' },
        { title: 'done', ...right },
        { title: 'not', ...right },
        { title: 'what became of its parts', most: 40 },
      ],
      rows,
    ),
    '',
    `${lives.length} signals: ${[...states]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([state, count]) => `${state} ${count}`)
      .join(', ')}; ${superseded} superseded before they were executed whole.`,
  ];
}
