// Stage: configuration. What does not have its shape, in words.
// Invariant: every problem names its place, what is expected there and what was found.
import type { z } from 'zod';
import { executionSchema, policySchema } from './execution.ts';
import { railsSchema, sleeveRailsSchema, symbolRailsSchema } from './rails.ts';
import {
  brokerSchema,
  configSchema,
  limitsSchema,
  marketSchema,
  paceSchema,
  sleeveSchema,
} from './schema.ts';
import { shown } from './values.ts';

type Issue = z.core.$ZodIssue;

/** One problem in words: place, expected, found. Ours are in words already. */
export function problemOf(issue: Issue): string {
  const at = place(issue.path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return `${at}: expected ${knownKeys(issue.path)}, found the unknown ${issue.keys.map(shown).join(', ')}`;
    case 'invalid_type':
    case 'invalid_value':
    case 'invalid_union':
    case 'too_small':
    case 'too_big':
      return issue.message.startsWith('expected ')
        ? `${at}: ${issue.message}`
        : `${at}: expected ${expectedBy(issue)}, found ${shown(issue.input)}`;
    case 'custom':
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
      return `${at}: ${issue.message}`;
  }
}

function expectedBy(
  issue: Extract<
    Issue,
    { code: 'invalid_type' | 'invalid_value' | 'invalid_union' | 'too_small' | 'too_big' }
  >,
): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'record' ? 'an object' : `a value of type ${issue.expected}`;
    case 'invalid_value':
      return issue.values.map(shown).join(' or ');
    case 'invalid_union':
      if (issue.path[0] === 'margin')
        return '"none" or maxInitial, warnInitial and minCushion as decimal strings from "0" to "1", nothing else';
      if (issue.path[0] === 'execution')
        return 'the kind "market", "limit-only", "walk" or "close-auction"';
      return issue.path[0] === 'broker'
        ? 'the kind "paper-exchange" or "alpaca"'
        : 'the kind "synthetic", "csv" or "alpaca"';
    case 'too_small':
      return issue.origin === 'number' ? `at least ${issue.minimum}` : 'at least one';
    case 'too_big':
      return `at most ${issue.maximum}`;
  }
}

function knownKeys(path: readonly PropertyKey[]): string {
  switch (path[0]) {
    case undefined:
      return keysOf(configSchema.shape);
    case 'limits':
      return keysOf(limitsSchema.shape);
    case 'pace':
      return keysOf(paceSchema.shape);
    case 'execution':
      return path.length === 1
        ? keysOf(executionSchema.shape)
        : policySchema.options.map((option) => keysOf(option.shape)).join(' (or ') + ')';
    case 'rails':
      if (path[1] === 'symbols') return keysOf(symbolRailsSchema.shape);
      if (path[1] === 'sleeves') return keysOf(sleeveRailsSchema.shape);
      return keysOf(railsSchema.shape);
    case 'sleeves':
      return keysOf(sleeveSchema.shape);
    case 'broker':
      return brokerSchema.options.map((option) => keysOf(option.shape)).join(' (or ') + ')';
    default:
      return marketSchema.options.map((option) => keysOf(option.shape)).join(' (or ') + ')';
  }
}

const keysOf = (shape: object): string => `only ${Object.keys(shape).join(', ')}`;

const place = (path: readonly PropertyKey[]): string =>
  path.length === 0
    ? 'the configuration'
    : path
        .map((key, index) =>
          typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`,
        )
        .join('');
