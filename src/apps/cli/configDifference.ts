// Stage: apps. Which settings of two configurations differ, by their places in the file.
// Invariant: strategies count too: one whose source changed is another, wherever its file is.
import type { LoadedConfig } from './loadConfig.ts';
import type { SettingDifference } from './planView.ts';

/** Every setting that differs, sorted by place; null where one configuration has none. */
export function compareConfigs(before: LoadedConfig, after: LoadedConfig): SettingDifference[] {
  const left = settingsOf(before);
  const right = settingsOf(after);
  return [...new Set([...left.keys(), ...right.keys()])].sort().flatMap((place) => {
    const of = { before: left.get(place) ?? null, after: right.get(place) ?? null };
    return of.before === of.after ? [] : [{ place, ...of }];
  });
}

function settingsOf({ config, strategies }: LoadedConfig): Map<string, string> {
  const settings = new Map<string, string>();
  addLeaves(settings, '', config);
  for (const [sleeve, { version }] of strategies)
    settings.set(`sleeves.${sleeve}.strategyVersion`, version.slice(0, 12));
  return settings;
}

function addLeaves(settings: Map<string, string>, place: string, value: unknown): void {
  const at = (key: string): string => (place === '' ? key : `${place}.${key}`);
  if (Array.isArray(value) && value.some((each) => typeof each === 'object')) {
    for (const each of value as readonly unknown[]) addLeaves(settings, at(nameOf(each)), each);
  } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, each] of Object.entries(value)) addLeaves(settings, at(key), each);
  } else {
    settings.set(place, typeof value === 'string' ? value : JSON.stringify(value));
  }
}

const nameOf = (value: unknown): string =>
  typeof value === 'object' && value !== null && 'id' in value ? String(value.id) : '?';
