// Stage: apps. Commands that a text names, as they are typed here: for this account, from this folder.
// Invariant: what is shown can be pasted as it stands, but for the words in capitals.
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command, Option } from 'commander';
import { lastRun } from './lastRun.ts';

const PACKAGE = dirname(fileURLToPath(new URL('../../../package.json', import.meta.url)));

/** The options that say which account is meant. */
const PLACES = ['home', 'config', 'data'] as const;
type Place = (typeof PLACES)[number];
/** As a person gave them, or their defaults. */
type Given = Partial<Record<Place, string>>;

/** `assay …` in backticks, or alone on an indented line. */
const NAMED = /`assay ([^`\n]+)`|^( +)assay (.+)$/gm;

/**
 * @param action the command that is carried out; null before one was found
 * @returns completes the commands that a text names: as the program is called, with the account meant
 */
export function followUps(program: Command, action: Command | null): (text: string) => string {
  const given: Given = givenTo(action);
  const complete = (text: string): string => `${calledAs()} ${text}${placesOf(text)}`;
  const placesOf = (text: string): string => {
    const words = text.split(/\s+/);
    if (words.includes('--help') || isOfFiles(words[0], words.includes('--broker'))) return '';
    const options = optionsOf(program, words).filter(({ long }) => !words.includes(long ?? ''));
    return PLACES.map((place) => {
      const option = options.find(({ long }) => long === `--${place}`);
      const value = option === undefined ? undefined : valueOf(place, option, given);
      return value === undefined ? '' : ` --${place} ${quoted(value)}`;
    }).join('');
  };
  return (text) =>
    text.replace(NAMED, (_, inText: string | undefined, indent: string, alone: string) =>
      inText === undefined ? `${indent}${complete(alone)}` : `\`${complete(inText)}\``,
    );
}

/** A command that knows no account cannot say where it lies: a person has to. */
function givenTo(action: Command | null): Given {
  if (action === null) return {};
  const options = action.optsWithGlobals<Given & { broker?: boolean }>();
  const isAssumed = action.getOptionValueSource('home') !== 'cli';
  const isUnknown = isOfFiles(action.name(), options.broker === true) && isAssumed;
  return options.home === undefined || isUnknown ? { home: 'FOLDER' } : options;
}

/** Whether a command reads the files that it is given, and no account. */
const isOfFiles = (name: string | undefined, reachesBroker: boolean): boolean =>
  name === 'reconstruct' && !reachesBroker;

/** What the follow-up has to be given to mean the same account; undefined where it is its default. */
function valueOf(place: Place, option: Option, given: Given): string | undefined {
  const value = given[place];
  if (value !== undefined && value !== option.defaultValue) return value;
  // Many commands read records alone and take no configuration; the account was run with one.
  const noted = place === 'home' || given.home === undefined ? null : lastRun(given.home);
  const last = place === 'home' ? undefined : noted?.[place];
  const isDefault = last !== undefined && relative(last, String(option.defaultValue)) === '';
  return isDefault ? undefined : last;
}

/** Of the command that the first words name, and of those that it stands under. */
function optionsOf(program: Command, words: readonly string[]): Option[] {
  const [first, ...rest] = words;
  const command = program.commands.find((each) => each.name() === first);
  return command === undefined ? [] : [...command.options, ...optionsOf(command, rest)];
}

/** npx finds the program from anywhere in its folder, and nowhere else. */
function calledAs(): string {
  const isInside = !relative(PACKAGE, process.cwd()).startsWith('..');
  return isInside ? 'npx assay' : `node ${quoted(join(PACKAGE, 'bin', 'assay.js'))}`;
}

const quoted = (value: string): string =>
  /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
