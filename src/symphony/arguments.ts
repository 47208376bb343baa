// Stage: forms → tree. The arguments of an operator, checked one by one.
// Invariant: every argument is used or is an error.
import { quote, type Problem, type SymphonyErrorCode } from './errors.ts';
import type { Form } from './form.ts';

export type FormOf<Kind extends Form['kind']> = Form & { readonly kind: Kind };

/** A call being read: its operator's name and arguments, and where its problems are gathered. */
export interface Call {
  readonly operator: string;
  readonly form: Form;
  readonly args: readonly Form[];
  readonly report: (problem: Problem) => void;
  readonly text: string;
}

/** The call that a form is, `(name arguments…)`, or undefined when it is none. */
export function asCall(form: Form, text: string, reportProblem: Call['report']): Call | undefined {
  if (form.kind !== 'list') return undefined;
  const [head] = form.items;
  return head?.kind === 'symbol'
    ? { operator: head.name, form, args: form.items.slice(1), report: reportProblem, text }
    : undefined;
}

/** True when the call has as many arguments as `usage` shows; reports the first missing or unused. */
export function hasArguments(call: Call, usage: string, least: number, most = least): boolean {
  const { args, operator, form } = call;
  const unused = args[most];
  if (unused !== undefined) {
    call.report({
      code: 'unused_argument',
      at: unused.at,
      what: `${operator} does not use this argument.`,
      expected: usage,
      found: written(call, unused),
      remedy: 'remove it, or look for a bracket in the wrong place',
    });
    return false;
  }
  if (args.length >= least) return true;
  call.report({
    code: 'missing_argument',
    at: form.at,
    what: `${operator} lacks an argument.`,
    expected: usage,
    found: args.length === 1 ? '1 argument' : `${args.length} arguments`,
    remedy: 'add what is missing',
  });
  return false;
}

/** The argument when it is of the kind expected; otherwise reports it. */
export function expectKind<Kind extends Form['kind']>(
  call: Call,
  form: Form | undefined,
  kind: Kind,
  what: string,
): FormOf<Kind> | undefined {
  if (form?.kind === kind) return form as FormOf<Kind>; // narrowed by the comparison
  report(call, form, { code: 'wrong_form', expected: what });
  return undefined;
}

/** Reports an argument that is not what was expected. */
export function report(
  call: Call,
  form: Form | undefined,
  detail: { code: SymphonyErrorCode; expected: string; what?: string; remedy?: string },
): void {
  const { code, expected, what = `${call.operator} cannot use this.`, remedy } = detail;
  call.report({
    code,
    at: (form ?? call.form).at,
    what,
    expected,
    found: form === undefined ? 'nothing' : written(call, form),
    remedy: remedy ?? `write ${expected}`,
  });
}

/** The text of a form as an error shows it. */
const written = ({ text }: Call, { at, end }: Form): string =>
  quote(text.slice(at, Math.min(end, at + 80)));
