// Stage: forms → tree. The maps of options, `{:window 14}` and the like.
// Invariant: an unknown key is an error; once ignored, a key goes unnoticed for months.
import { report, type Call } from './arguments.ts';
import type { Form } from './form.ts';

/**
 * The options of a call's map by name, without their colons.
 *
 * @returns undefined, with the problem reported, when the form is no map or a key is not in `known`
 */
export function readOptions(
  call: Call,
  form: Form,
  known: readonly string[],
): ReadonlyMap<string, Form> | undefined {
  const expected =
    known.length === 0 ? 'no options' : `options ${known.map((key) => `:${key}`).join(', ')}`;
  if (form.kind !== 'map') {
    report(call, form, { code: 'wrong_form', expected: `a map with ${expected}` });
    return undefined;
  }
  const options = new Map<string, Form>();
  let isKnown = true;
  for (let i = 0; i < form.items.length; i += 2) {
    const key = form.items[i];
    const value = form.items[i + 1];
    if (key === undefined || value === undefined) continue; // the reader made pairs
    if (key.kind !== 'keyword' || !known.includes(key.name)) {
      const what = `${call.operator} has no such option; it would be ignored.`;
      report(call, key, {
        code: 'unknown_key',
        what,
        expected,
        remedy: 'correct or remove the key',
      });
      isKnown = false;
      continue;
    }
    options.set(key.name, value);
  }
  return isKnown ? options : undefined;
}
