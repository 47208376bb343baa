// Stage: apps. The same moment decided under two configurations: what differs.
// Invariant: both plans are made in copies of one account; nothing is sent.
import { comparePlans, type PlanDifference } from '../../../domain/whatIf/planDifference.ts';
import { compareConfigs } from '../configDifference.ts';
import { loadConfig } from '../loadConfig.ts';
import { differenceLines, settingLines, type SettingDifference } from '../planView.ts';
import { acknowledge } from '../shownDiff.ts';
import { EXIT, UsageError, type ExitCode, type Output } from '../usage.ts';
import { planOf, type DryRunOptions, type Planned } from './planDryRun.ts';

export interface DiffOptions extends Omit<DryRunOptions, 'config'> {
  readonly acknowledge?: boolean;
}

export async function planDiff(
  files: readonly [before: string, after: string],
  options: DiffOptions,
  output: Output,
): Promise<ExitCode> {
  const [before, after] = [await loadConfig(files[0]), await loadConfig(files[1])];
  refuseOtherAccount(files, [before.config.account, after.config.account]);
  const first = await planOf(before, options, output);
  const second = await planOf(after, { ...options, session: first.session }, output);
  const settings = compareConfigs(before, after);
  const differences = differencesOf(first, second);
  if (options.json === true)
    output.line(JSON.stringify({ session: first.session, settings, decisions: differences }));
  else for (const line of lines(first.session, settings, differences)) output.line(line);
  if (options.acknowledge === true)
    acknowledge(options.home, { from: first.inForce, to: second.account.digest });
  return EXIT.ok;
}

/** What one account would do says nothing of another. */
function refuseOtherAccount(
  files: readonly [string, string],
  accounts: readonly [string, string],
): void {
  if (accounts[0] === accounts[1]) return;
  throw new UsageError(
    `--diff: expected two configurations of one account, found ${accounts[0]} in ${files[0]} and ${accounts[1]} in ${files[1]}. ` +
      'Nothing was decided. Give both the name of the account in the working folder, or compare other files.',
  );
}

interface Decision {
  readonly trigger: string;
  readonly differences: readonly PlanDifference[];
}

function differencesOf(first: Planned, second: Planned): Decision[] {
  const [left, right] = [first.cycle.decisions, second.cycle.decisions];
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index): Decision => {
    const [a, b] = [left[index], right[index]];
    const any = a ?? b;
    if (any === undefined) return { trigger: '', differences: [] };
    const nothing = {
      ...any,
      navs: [],
      crosses: [],
      parents: [],
      deferred: [],
      outcomes: [],
      breaks: [],
      overdrafts: [],
    };
    return { trigger: any.trigger, differences: comparePlans(a ?? nothing, b ?? nothing) };
  });
}

const lines = (
  session: string,
  settings: readonly SettingDifference[],
  decisions: readonly Decision[],
): string[] => [
  `Session ${session} under both configurations`,
  '',
  ...settingLines(settings, ['before', 'after']),
  ...decisions.flatMap(({ trigger, differences }, index) => [
    '',
    `Decision ${index + 1} (${trigger})${index === 0 ? '' : ', if every sell fills whole at its bid'}`,
    '',
    ...differenceLines(differences, ['before', 'after']),
  ]),
  '',
  'Nothing was sent: both plans were made in copies.',
];
