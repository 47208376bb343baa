// Stage: house rules. No error is swallowed.
// Invariant: a catch answers with an outcome or throws; it never makes a value up.
import { file, isCode, type Rule } from './rule.ts';
import type { Source } from './source.ts';

/** Catch blocks and handlers of the given code, from the brace on, with what they hold. */
function catchBlocks({ code }: Source): { readonly index: number; readonly body: string }[] {
  const openings =
    /\bcatch\s*(?:\([^)]*\)\s*)?\{|\.catch\(\s*(?:async\s+)?(?:\([^)]*\)|\w+)\s*=>\s*\{/g;
  return [...code.matchAll(openings)].map((match) => {
    const start = match.index + match[0].length;
    let depth = 1;
    let end = start;
    while (depth > 0 && end < code.length) {
      if (code.charAt(end) === '{') depth += 1;
      if (code.charAt(end) === '}') depth -= 1;
      end += 1;
    }
    return { index: match.index, body: code.slice(start, end - 1).trim() };
  });
}

const NOTHING = /^(?:return(?:\s+(?:undefined|false|''|""|``|\{\s*\}))?\s*;?)?$/;
const MADE_UP = /\breturn\s+(?:null|-?0n?|\[\s*\])\s*(?:;|\}|$)/;
const ARROW_TO_NOTHING =
  /\.catch\(\s*(?:async\s+)?(?:\([^)]*\)|\w+)\s*=>\s*(?:null|undefined|false|-?0n?|\[\s*\]|''|\(\{\s*\}\))\s*\)/g;

const swallowedRule: Rule = {
  name: 'swallowed error',
  remedy:
    'Unknown is never zero or nothing: answer with a coded outcome, or rethrow what is not expected.',
  covers: isCode,
  find: (source) => [
    ...catchBlocks(source)
      .filter(({ body }) => NOTHING.test(body) || MADE_UP.test(body))
      .map(({ index, body }) => ({ index, found: `catch { ${body} }` })),
    ...[...source.code.matchAll(ARROW_TO_NOTHING)].map(({ index, 0: found }) => ({ index, found })),
  ],
  bad: [
    'try { act(); } catch {}',
    'try { act(); } catch (error) { /* never mind */ }',
    'try { act(); } catch { return null; }',
    'try { act(); } catch (error) { log(error); return []; }',
    'try { act(); } catch { if (late) { return 0; } throw late; }',
    'try { act(); } catch { return 0n }',
    'try { act(); } catch { return; }',
    'try { act(); } catch { return undefined; }',
    'act().catch(() => {});',
    'act().catch(() => null);',
    'act().catch((error) => []);',
    'act().catch((error) => { return 0; });',
  ].map((line) => file('src/engine/x.ts', line)),
  good: [
    "try { act(); } catch (error) { return { kind: 'unknown', error }; }",
    'try { act(); } catch (error) { if (isMissing(error)) return undefined; throw error; }',
    'try { act(); } catch { count += 1; } return null;',
    "// catch {} swallows\nconst words = 'catch { return null; }';",
    'act().catch((error) => refuse(error));',
  ].map((line) => file('src/engine/x.ts', line)),
};

export const ERROR_RULES: readonly Rule[] = [swallowedRule];
