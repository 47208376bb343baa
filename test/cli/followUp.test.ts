// Stage: tests. Commands that are named in what the program says.
// Invariant: each can be typed as it stands: the command is there, takes those options, and means this account.
import { globSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../src/apps/cli/main.ts';
import { assay, REPOSITORY, spawnAssay } from './program.ts';
import { copyOf, emptyBench, type Bench } from './workbench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = emptyBench();
  const place = ['--config', bench.config, '--home', bench.home];
  const ran = await assay('simulate', ...place, '--from', '2024-03-01', '--to', '2024-03-05');
  expect(ran).toMatchObject({ code: 0, err: '' });
});
afterAll(() => bench.remove());

/** "    npx assay explain SPY --home x" as its words, quotes taken as a shell takes them. */
const offered = (text: string): string[][] =>
  [...text.matchAll(/^ +npx assay (.+)$/gm)].map(([, line = '']) =>
    [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
      ([, double, single, plain]) => double ?? single ?? plain ?? '',
    ),
  );

describe('a command that is named', () => {
  it('is given the folder, and the configuration that the account was run with', async () => {
    const { out } = await assay('explain', '2024-03-05', '--home', bench.home);
    expect(offered(out).length).toBeGreaterThan(5);
    for (const argv of offered(out)) {
      expect(argv.slice(-2)).toEqual(['--home', bench.home]);
      expect(await assay(...argv)).toMatchObject({ code: 0, err: '' });
    }
    const killed = await assay('kill', '--home', bench.home, '--reason', 'x');
    expect(killed.out).toContain(
      `\`npx assay arm --home ${bench.home} --config ${bench.config}\` lets orders go again`,
    );
    expect(await assay('arm', '--home', bench.home, '--config', bench.config)).toMatchObject({
      code: 0,
    });
  });

  it('is given the configuration as it was typed, and quoted where it must be', async () => {
    const spaced = copyOf(bench);
    const home = spaced.file('my account');
    const config = relative('', spaced.config);
    const place = ['--config', config, '--home', home];
    await assay('simulate', ...place, '--from', '2024-03-01', '--to', '2024-03-01');
    const refused = await assay('verify', '--config', config, '--home', spaced.file('no account'));
    expect(refused.err).toContain(
      `\`npx assay run --session DATE --home '${spaced.file('no account')}' --config ${config}\``,
    );
    const { out } = await assay('explain', 'SPY', '--home', home);
    expect(out).toContain(`--home '${home}'\n`);
    spaced.remove();
  });

  it('is not given what the command would take anyway', async () => {
    const refused = await assay('positions', '--home', '.assay');
    expect(refused.err).not.toMatch(/`[^`]*(--home|--config)[^`]*`/);
  });

  it('leaves the folder to a person where the command knows no account', async () => {
    const kept = copyOf(bench);
    const folder = kept.file('export');
    await assay('export', '--home', bench.home, '--config', bench.config, '--to', folder);
    rmSync(join(folder, 'fills.jsonl'));
    const part = await assay('reconstruct', '--from', folder);
    expect(part.err).toContain('of the account "small", with `npx assay export');
    const none = await assay('reconstruct', '--from', kept.file('nothing'));
    const texts = [part.err, none.err];
    const all = texts.flatMap((text) => [...text.matchAll(/npx assay ([^`\n]+)/g)]);
    const commandsOfAccounts = all.flatMap(([, text = '']) =>
      text.startsWith('reconstruct ') ? [] : [text],
    );
    expect(commandsOfAccounts).toHaveLength(2);
    for (const text of commandsOfAccounts) expect(text).toMatch(/ --home FOLDER$/);
    kept.remove();
  });

  it('is none where a file is given for the folder: that is said instead', async () => {
    for (const command of ['positions', 'verify']) {
      const place = ['--home', join(bench.home, 'journal.sqlite'), '--config', bench.config];
      const { code, err } = await assay(
        command,
        ...(command === 'verify' ? place : place.slice(0, 2)),
      );
      expect([code, err]).toEqual([2, expect.stringContaining('found a file')]);
      expect(err).toContain(`--home ${bench.home}.`);
    }
  });

  it('is called by its file where npx does not find it', () => {
    const { out } = spawnAssay(['explain', 'SPY', '--home', bench.home], bench.folder);
    expect(out).toContain(
      `    node ${join(REPOSITORY, 'bin', 'assay.js')} explain keep --on 2024-03-05 --home ${bench.home}\n`,
    );
  });

  it('leaves answers for programs as they are', async () => {
    const { out } = await assay('explain', 'SPY', '--home', bench.home, '--json');
    expect(out).not.toContain('--home');
  });
});

/** Seeds of chance and hashes begin with the same word; a cause is kept in journals as it was first said. */
const NO_COMMAND = /^(?:bars|synthetic) |^assign --cash$/;

/** Every `assay …` in a text of the product, without the lines that are comments. */
const named = globSync('src/**/*.ts', { cwd: REPOSITORY })
  .filter((file) => !file.endsWith('.test.ts') && !file.endsWith('followUp.ts'))
  .flatMap((file) => {
    const lines = readFileSync(join(REPOSITORY, file), 'utf8').split('\n');
    const code = lines.filter((line) => !/^\s*(\/\/|\/?\*)/.test(line)).join('\n');
    return [...code.matchAll(/`assay ([^`]+?)\\?`/g)].map(([, text = '']) => text);
  })
  .map((text) => text.replaceAll(/\$\{[^}]*\}/g, 'X').replaceAll(/"[^"]*"/g, 'X'))
  .filter((text) => !text.includes('--help') && !NO_COMMAND.test(text));

describe.each([...new Set(named)].sort())('`assay %s`', (text) => {
  it('is a command, with options that it takes, and those that it needs', () => {
    const words = text.split(' ');
    const silent = { line: () => {}, note: () => {}, progress: () => {} };
    const { options, own, wanted } = commandOf(
      commands(silent, () => {}),
      words,
    );
    const flags = words.filter((word) => word.startsWith('--'));
    const known = options.map(({ long }) => long);
    expect(flags.filter((flag) => !known.includes(flag))).toEqual([]);
    const needed = own.filter(({ description }) => description.endsWith('(required)'));
    expect(needed.map(({ long }) => long).filter((long) => !flags.includes(long ?? ''))).toEqual(
      [],
    );
    expect(wanted).toBeLessThanOrEqual(words.filter((word) => /^[A-Z]+$/.test(word)).length);
  });
});

/** The command that the first words name: its options, with and without its parents', and how many arguments it needs. */
function commandOf(program: Command, words: readonly string[]) {
  let command = program;
  const options = [...program.options];
  for (const word of words) {
    const next = command.commands.find((each) => each.name() === word);
    if (next === undefined) break;
    command = next;
    options.push(...next.options);
  }
  expect(command).not.toBe(program);
  const wanted = command.registeredArguments.filter(({ required }) => required).length;
  return { options, own: command.options, wanted };
}
