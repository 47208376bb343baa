// Stage: tests. The catalogue of errors: configurations and what they name.
// Invariant: a configuration is refused whole, with every problem's place, before anything is made.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawnAssay } from '../cli/program.ts';
import { emptyBench, SETTINGS, strategyText, type Bench } from '../cli/workbench.ts';
import { expectRefused, expectRefusal, type Refusal } from './refusal.ts';

let bench: Bench;
beforeAll(() => {
  bench = emptyBench();
});
afterAll(() => bench.remove());

type Words = Omit<Refusal, 'code'>;
const run = (config: string): readonly string[] => [
  'run',
  '--config',
  config,
  '--home',
  bench.home,
  '--session',
  '2024-03-01',
];
const CORRECT = 'Nothing was started. Correct the file and run again.';
const [SWING, TURN, KEEP] = SETTINGS.sleeves;

describe('a configuration', () => {
  const cases: readonly (readonly [string, object, Omit<Words, 'remedy'>])[] = [
    [
      'with a key that does not exist',
      { commission: '0' },
      {
        place: 'the configuration: ',
        expected:
          'expected only account, openingCash, market, broker, exchange, limits, rails, margin, tolerance, pace, execution, sleeves',
        found: 'found the unknown "commission"',
      },
    ],
    [
      'with a limit that does not exist',
      { limits: { ...SETTINGS.limits, maxSprad: '0.1' } },
      {
        place: 'limits: ',
        expected: 'expected only deployment, reserve, priceAllowance, maxSpread,',
        found: 'found the unknown "maxSprad"',
      },
    ],
    [
      'with a rail that does not exist',
      { rails: { ...SETTINGS.rails, maxOrder: '5' } },
      {
        place: 'rails: ',
        expected: 'expected only maxOrderNotional, maxVolumeShare, collar, maxQuoteAgeSeconds,',
        found: 'found the unknown "maxOrder"',
      },
    ],
    [
      'that deploys more than its NAV from a cash account',
      { limits: { ...SETTINGS.limits, deployment: '1.000000000001' } },
      {
        place: 'limits.deployment: ',
        expected: 'expected at most 1 in a cash account',
        found: 'found "1.000000000001"; a cash account cannot owe',
      },
    ],
    [
      'that warns of a margin after it stopped for it',
      { margin: { maxInitial: '0.6', warnInitial: '0.75', minCushion: '0.1' } },
      {
        place: 'margin.warnInitial: ',
        expected: 'expected at most maxInitial 0.6',
        found: 'found "0.75"; it would never warn',
      },
    ],
    [
      'with a margin account that says half',
      { margin: { maxInitial: '0.6' } },
      {
        place: 'margin: ',
        expected: 'expected "none" or maxInitial, warnInitial and minCushion as decimal strings',
        found: 'found {"maxInitial":"0.6"}',
      },
    ],
    [
      'without a rail',
      { rails: { ...SETTINGS.rails, collar: undefined } },
      {
        place: 'rails.collar: ',
        expected:
          'expected the distance from the last close as a decimal string from "0" to "1", or "none"',
        found: 'found nothing',
      },
    ],
    [
      'with a number of orders that is none',
      { rails: { ...SETTINGS.rails, maxOrders: 0 } },
      {
        place: 'rails.maxOrders: ',
        expected: 'expected the most orders of a cycle as a whole number from 1, or "none"',
        found: 'found 0',
      },
    ],
    [
      'with a symbol that is none on a list',
      { rails: { ...SETTINGS.rails, deny: ['spy'] } },
      {
        place: 'rails.deny: ',
        expected:
          'expected the symbols that may not be bought as a list of symbols like ["SPY"], none twice',
        found: 'found ["spy"]',
      },
    ],
    [
      'with a symbol twice on a list',
      { rails: { ...SETTINGS.rails, frozen: ['SPY', 'SPY'] } },
      {
        place: 'rails.frozen: ',
        expected: 'as a list of symbols like ["SPY"], none twice',
        found: 'found ["SPY","SPY"]',
      },
    ],
    [
      'that allows and denies one symbol',
      { rails: { ...SETTINGS.rails, allow: ['SPY', 'TLT'], deny: ['SPY'] } },
      {
        place: 'rails.deny: ',
        expected: 'expected symbols that are not in rails.allow',
        found: 'found "SPY" in both; one of them has to go',
      },
    ],
    [
      'with rails for a frozen symbol',
      { rails: { ...SETTINGS.rails, frozen: ['SPY'], symbols: { SPY: { collar: '0.1' } } } },
      {
        place: 'rails.symbols: ',
        expected: 'expected symbols that are not in rails.frozen',
        found: 'found "SPY" in both',
      },
    ],
    [
      'with rails for a sleeve that it does not have',
      { rails: { ...SETTINGS.rails, sleeves: { nobody: { maxLoss: '5' } } } },
      {
        place: 'rails.sleeves: ',
        expected: 'expected one of the sleeves swing, turn, keep',
        found: 'found "nobody"',
      },
    ],
    [
      'that lets a sleeve buy what the account may not',
      {
        rails: {
          ...SETTINGS.rails,
          allow: ['SPY'],
          sleeves: { swing: { allow: ['SPY', 'TLT'] } },
        },
      },
      {
        place: 'rails.sleeves.swing.allow: ',
        expected: 'expected symbols of rails.allow',
        found: 'found "TLT", which the account may not buy',
      },
    ],
    [
      'whose largest order is smaller than its smallest',
      { rails: { ...SETTINGS.rails, symbols: { SPY: { maxOrderNotional: '0.99' } } } },
      {
        place: 'rails.symbols.SPY.maxOrderNotional: ',
        expected:
          'expected at least 1, the smallest order that limits.brokerMinimum and limits.microTradeFloor let through',
        found: 'found "0.99"; nothing could ever be sent',
      },
    ],
    [
      'with a symbol of its own that is none',
      { rails: { ...SETTINGS.rails, symbols: { 'S P': { collar: '0.1' } } } },
      { place: 'rails.symbols: ', expected: 'expected a symbol like "SPY"', found: 'found "S P"' },
    ],
    [
      'without a limit',
      { limits: { ...SETTINGS.limits, reserve: undefined } },
      {
        place: 'limits.reserve: ',
        expected: 'expected the cash reserve as a decimal string like "1000.50"',
        found: 'found nothing',
      },
    ],
    [
      'with a number where a decimal string belongs',
      { openingCash: 100000 },
      {
        place: 'openingCash: ',
        expected: 'expected the opening cash as a decimal string like "1000.50"',
        found: 'found 100000',
      },
    ],
    [
      'with parts of a cent',
      { openingCash: '100000.001' },
      {
        place: 'openingCash: ',
        expected: 'expected whole cents',
        found: 'found "100000.001"',
      },
    ],
    [
      'with negative cash',
      { openingCash: '-1' },
      {
        place: 'openingCash: ',
        expected: 'not negative',
        found: 'found "-1"',
      },
    ],
    [
      'with a deployment over four',
      { limits: { ...SETTINGS.limits, deployment: '4.01' } },
      {
        place: 'limits.deployment: ',
        expected: 'a decimal string from "0" to "1", to "4" on margin',
        found: 'found "4.01"',
      },
    ],
    [
      'with shares over one',
      { sleeves: [SWING, { ...TURN, share: '0.500000000001' }] },
      {
        place: 'sleeves: ',
        expected: 'expected shares that sum to at most 1',
        found: 'found 1.000000000001',
      },
    ],
    [
      'with two sleeves of one id',
      { sleeves: [SWING, TURN, { ...KEEP, id: 'swing' }] },
      {
        place: 'sleeves[2].id: ',
        expected: 'expected an id of its own',
        found: 'found "swing" a second time',
      },
    ],
    [
      'with the sleeve of the house',
      { sleeves: [{ ...SWING, id: 'house' }] },
      {
        place: 'sleeves[0].id: ',
        expected: 'not "house" or "suspense"',
        found: 'found "house"',
      },
    ],
    [
      'with another failure policy',
      { sleeves: [{ ...SWING, onFailure: 'retry' }] },
      {
        place: 'sleeves[0].onFailure: ',
        expected: 'expected "hold" or "cash" or "abort"',
        found: 'found "retry"',
      },
    ],
    [
      'without sleeves',
      { sleeves: [] },
      { place: 'sleeves: ', expected: 'expected at least one', found: 'found []' },
    ],
    [
      'with another kind of market',
      { market: { kind: 'live' } },
      {
        place: 'market.kind: ',
        expected: 'expected the kind "synthetic", "csv" or "alpaca"',
        found: 'found {"kind":"live"}',
      },
    ],
    [
      'with a market that ends before it begins',
      { market: { ...SETTINGS.market, from: '2024-04-30', to: '2023-06-01' } },
      {
        place: 'market.from: ',
        expected: 'expected a date before 2023-06-01',
        found: 'found 2024-04-30',
      },
    ],
    [
      'with a date that does not exist',
      { market: { ...SETTINGS.market, to: '2024-02-30' } },
      {
        place: 'market.to: ',
        expected: 'expected a date like "2018-07-17"',
        found: 'found "2024-02-30"',
      },
    ],
    [
      'with an account name of another form',
      { account: 'My Account' },
      {
        place: 'account: ',
        expected: 'expected an account name of lower-case letters, digits and dashes',
        found: 'found "My Account"',
      },
    ],
  ];
  it.each(cases)('%s is refused', async (_what, changes, words) => {
    await expectRefusal(bench, run(bench.configure(changes)), {
      code: 2,
      remedy: CORRECT,
      ...words,
    });
  });

  it('names every problem at once', async () => {
    const config = bench.configure({ account: 5, openingCash: 5, extra: 5 });
    const { err } = await expectRefusal(bench, run(config), {
      code: 2,
      place: `${config} cannot be used (3 problems):`,
      expected: 'expected an account name',
      found: 'found the unknown "extra"',
      remedy: CORRECT,
    });
    expect(err.trimEnd().split('\n').length).toBe(5);
  });

  it('of exchange settings that cannot be is refused before a book is made', async () => {
    const exchange = { ...SETTINGS.exchange, participation: '2', maxSlices: 0 };
    const config = bench.configure({ exchange });
    const { err } = await expectRefusal(bench, run(config), {
      code: 2,
      place: `${config} cannot be used (2 problems):`,
      expected: 'exchange.participation: expected a decimal string from "0" to "1"',
      found: 'found "2"',
      remedy: CORRECT,
    });
    expect(err).toContain('  exchange.maxSlices: expected at least 1, found 0\n');
  });

  it('that names a symbol to the exchange which no strategy reads is refused', async () => {
    const exchange = { ...SETTINGS.exchange, wholeShareSymbols: ['SPI'] };
    await expectRefusal(bench, run(bench.configure({ exchange })), {
      code: 2,
      place: 'Exchange settings name SPI: ',
      expected: 'expected a symbol that the market (synthetic market, seed 7) holds',
      found: 'found no bar of it',
      remedy: 'Correct the symbol',
    });
  });

  it('that is not there is refused', async () => {
    await expectRefusal(bench, run(bench.file('none.config.ts')), {
      code: 2,
      place: 'No configuration at',
      expected: 'expected a file like examples/assay.config.ts',
      found: 'found nothing',
      remedy: 'Name a file that is there.',
    });
  });

  it('that is a folder is refused', async () => {
    await expectRefusal(bench, run(bench.folder), {
      code: 2,
      place: bench.folder,
      expected: '`export default defineConfig({ … })`',
      found: 'found ',
      remedy: 'Correct the file',
    });
  });

  it('without a default export is refused', async () => {
    const config = bench.write('named.config.ts', 'export const config = {};\n');
    await expectRefusal(bench, run(config), {
      code: 2,
      place: config,
      expected: '`export default defineConfig({ … })`',
      found: 'found none',
      remedy: 'Add the default export.',
    });
  });

  it('that is no object is refused', async () => {
    const config = bench.write('list.config.ts', 'export default [];\n');
    await expectRefusal(bench, run(config), {
      code: 2,
      place: 'the configuration: ',
      expected: 'expected a value of type object',
      found: 'found []',
      remedy: CORRECT,
    });
  });

  it('with a syntax error is refused with its line, by the program itself', () => {
    const config = bench.write('syntax.config.ts', '// One line.\nexport default {{;\n');
    expectRefused(spawnAssay(run(config)), {
      code: 2,
      place: `${config} line 2: the configuration cannot be loaded`,
      expected: '`export default defineConfig({ … })`',
      found: 'found Unexpected token `{`',
      remedy: 'Correct the file',
    });
  });
});

const SYMPHONY = 'defsymphony "X" {:asset-class "EQUITIES" :rebalance-frequency :daily}';

describe('a symphony', () => {
  const cases: readonly (readonly [string, string, Omit<Words, 'remedy'> & { remedy: string }])[] =
    [
      [
        'that is cut off',
        `(${SYMPHONY}\n  (weight-equal [(asset "SPY" "x")]`,
        {
          place: 'bad.clj:2:3: This ( is never closed.',
          expected: 'expected: )',
          found: 'found: the end of the file, with 2 open',
          remedy: 'balance the brackets',
        },
      ],
      [
        'with a bracket too many',
        `(${SYMPHONY}\n  (asset "SPY" "x")))`,
        {
          place: 'bad.clj:2:21:',
          expected: 'expected: ',
          found: 'found: ',
          remedy: 'remedy: ',
        },
      ],
      [
        'with an unknown operator',
        `(${SYMPHONY}\n  (weight-equally [(asset "SPY" "x")]))`,
        {
          place: 'bad.clj:2:3: There is no operator weight-equally.',
          expected: 'expected: (asset …), (group …), (weight-equal …)',
          found: 'found: "(weight-equally [',
          remedy: 'correct the operator',
        },
      ],
      [
        'with an unknown indicator',
        `(${SYMPHONY}\n  (if (> (rsj "SPY" {:window 5}) 70) [(asset "SPY" "x")] [(asset "TLT" "x")]))`,
        {
          place: 'bad.clj:2:10: This is no indicator.',
          expected: 'expected: one of current-price,',
          found: 'found: "(rsj ',
          remedy: 'correct the name',
        },
      ],
      [
        'without a window',
        `(${SYMPHONY}\n  (if (> (rsi "SPY") 70) [(asset "SPY" "x")] [(asset "TLT" "x")]))`,
        {
          place: 'bad.clj:2:10: rsi lacks its window.',
          expected: 'expected: {:window N} with a whole number of sessions from 1 to 10000',
          found: 'found: nothing',
          remedy: 'write {:window N}',
        },
      ],
      [
        'with an unknown key',
        `(${SYMPHONY}\n  (if (> (rsi "SPY" {:windw 5}) 70) [(asset "SPY" "x")] [(asset "TLT" "x")]))`,
        {
          place: 'bad.clj:2:22: rsi has no such option',
          expected: 'expected: options :window',
          found: 'found: ":windw"',
          remedy: 'correct or remove the key',
        },
      ],
      [
        'with weights over 1',
        `(${SYMPHONY}\n  (weight-specified 0.7 (asset "SPY" "x") 0.7 (asset "TLT" "x")))`,
        {
          place: 'bad.clj:2:3: The weights sum to 1.4.',
          expected: 'expected: a sum of 1 within 1e-6',
          found: 'found: "(weight-specified 0.7',
          remedy: 'write a sum of 1',
        },
      ],
      [
        'that does not say when to rebalance',
        '(defsymphony "X" {:asset-class "EQUITIES"} (asset "SPY" "x"))',
        {
          place: 'bad.clj:1:18: When to rebalance is not said',
          expected: 'expected: :rebalance-frequency or :rebalance-threshold',
          found: 'found: "{:asset-class ',
          remedy: 'add :rebalance-frequency :daily',
        },
      ],
      [
        'that is empty',
        '; nothing but this\n',
        {
          place: 'bad.clj:',
          expected: 'expected: (defsymphony "name" {…} body)',
          found: 'found: nothing but white space and comments',
          remedy: 'export the symphony again',
        },
      ],
    ];
  it.each(cases)('%s is refused with its line and column', async (_what, text, words) => {
    bench.write('bad.clj', text);
    const config = bench.configure({ sleeves: [SWING, { ...TURN, strategy: 'bad.clj' }] });
    const { err } = await expectRefusal(bench, run(config), { code: 2, ...words });
    expect(err).toContain('The symphony of sleeve turn cannot be used (1 error):');
    expect(err).toContain(CORRECT);
  });

  it('that is a folder is refused', async () => {
    bench.write('folder.clj/inside', '');
    const config = bench.configure({ sleeves: [{ ...SWING, strategy: 'folder.clj' }] });
    await expectRefusal(bench, run(config), {
      code: 2,
      place: 'folder.clj cannot be read',
      expected: 'expected a symphony',
      found: 'found EISDIR (a folder is there)',
      remedy: 'Correct the path',
    });
  });
});

describe('a TypeScript strategy', () => {
  const DEFINE = '`export default defineStrategy({ … })`';
  const cases: readonly (readonly [string, string, Words])[] = [
    [
      'without a default export',
      'export const strategy = 1;\n',
      {
        place: 'bad-1.ts: the strategy of sleeve turn has no default export',
        expected: DEFINE,
        found: 'found none',
        remedy: 'Add the default export.',
      },
    ],
    [
      'that throws when it is loaded',
      "throw new Error('no licence');\n",
      {
        place: /bad-2\.ts( line 1)?: the strategy of sleeve turn cannot be loaded/,
        expected: DEFINE,
        found: 'found no licence.',
        remedy: 'Correct the file',
      },
    ],
    [
      'that is an object of another shape',
      'export default { evaluate: 5 };\n',
      {
        place: 'bad-3.ts: the strategy of sleeve turn is none',
        expected: DEFINE,
        found: 'found a value of type object',
        remedy: 'Export the strategy as default.',
      },
    ],
    [
      'that declares no symbol',
      strategyText("{ id: 'x', version: '1', universe: [], history: 1, evaluate: () => ({}) }"),
      {
        place: /bad-4\.ts( line \d+)?: the strategy of sleeve turn cannot be loaded/,
        expected: 'expected symbols',
        found: 'universe is empty',
        remedy: 'Correct the file',
      },
    ],
  ];
  it.each(cases)('%s is refused', async (_what, text, words) => {
    // A module is loaded once in a process: every case has a file of its own.
    const name = `bad-${cases.findIndex(([what]) => what === _what) + 1}.ts`;
    bench.write(name, text);
    const config = bench.configure({ sleeves: [SWING, { ...TURN, strategy: name }] });
    await expectRefusal(bench, run(config), { code: 2, ...words });
  });

  it('that is not there is refused', async () => {
    const config = bench.configure({ sleeves: [{ ...SWING, strategy: 'absent.ts' }] });
    await expectRefusal(bench, run(config), {
      code: 2,
      place: 'The strategy of sleeve swing is not there',
      expected: `a .ts strategy at ${bench.file('absent.ts')}`,
      found: 'found nothing',
      remedy: 'it is relative to that file',
    });
  });

  it('with a syntax error is refused with its line, by the program itself', () => {
    const file = bench.write('syntax.ts', '// One line.\nexport default (;\n');
    const config = bench.configure({ sleeves: [{ ...SWING, strategy: 'syntax.ts' }] });
    expectRefused(spawnAssay(run(config)), {
      code: 2,
      place: `${file} line 2: the strategy of sleeve swing cannot be loaded`,
      expected: DEFINE,
      found: 'found ',
      remedy: 'Correct the file',
    });
  });
});
