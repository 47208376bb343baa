// Stage: apps. The self-test of what an account may do and what it holds: permissions, assets, lease, books.
// Invariant: nothing is ordered, cancelled or changed; a lease taken to look is given back at once.
import { openJournal } from '../../../adapters/journal-sqlite/journal.ts';
import { leaseFolder, takeLease } from '../../../adapters/lease-file/lease.ts';
import type { AlpacaConfig } from '../../../config/schema.ts';
import { exchangeDate, previousSession } from '../../../domain/calendar.ts';
import { ledgerTotals } from '../../../domain/ledger/state.ts';
import { asSymbol, type Symbol } from '../../../domain/market.ts';
import { reconcile } from '../../../domain/reconciliation.ts';
import { compareText, parseMoney } from '../../../domain/units/units.ts';
import { newActivities } from '../../../engine/ingest.ts';
import { LedgerKeeper } from '../../../engine/ledgerKeeper.ts';
import { ARMING, leaseName, type BrokerAccess } from '../brokerAccess.ts';
import { heldRows } from '../commands/data.ts';
import { filesOf, hasJournal } from '../compose.ts';
import { refuseOtherOpening } from '../composeAlpaca.ts';
import type { LoadedConfig } from '../loadConfig.ts';
import { failed, ok, skipped, warning, type Finding } from './check.ts';

/** The account may send what Assay sends: fractions of shares, and on margin where so configured. */
export async function checkPermissions(
  { broker }: BrokerAccess,
  { config }: LoadedConfig,
): Promise<Finding> {
  const given = await broker.client.configurations();
  const { multiplier } = await broker.client.account();
  const missing = [
    given.suspend_trade === true ? 'trading is suspended in its settings (suspend_trade)' : '',
    given.fractional_trading === false ? 'fractions of shares are off (fractional_trading)' : '',
    config.margin !== 'none' && Number(multiplier) <= 1
      ? `the configuration lends (margin), the account is a cash account (multiplier ${multiplier})`
      : '',
  ].filter((text) => text !== '');
  return missing.length === 0
    ? ok(`trading and fractions are allowed, multiplier ${multiplier}`)
    : failed(
        `expected trading, fractions${config.margin === 'none' ? '' : ' and margin'} to be allowed, found: ${missing.join('; ')}`,
        'Change the settings of the account at the broker, or the configuration.',
      );
}

/** Everything that a strategy may buy exists at the broker and trades. */
export async function checkAssets(
  { broker }: BrokerAccess,
  { strategies }: LoadedConfig,
): Promise<Finding> {
  const symbols = [...new Set([...strategies.values()].flatMap(({ trades }) => trades))]
    .sort(compareText)
    .map(asSymbol)
    .filter((symbol): symbol is Symbol => symbol !== undefined);
  const facts = new Map((await broker.assets(symbols)).map((fact) => [fact.symbol, fact]));
  const unknown = symbols.filter((symbol) => !facts.has(symbol));
  const halted = symbols.filter((symbol) => facts.get(symbol)?.tradable === false);
  const whole = symbols.filter((symbol) => facts.get(symbol)?.fractionable === false);
  const shown = `${symbols.length} symbols${whole.length === 0 ? '' : `, only whole shares of ${whole.join(', ')}`}`;
  if (unknown.length + halted.length === 0) return ok(`${shown}: all trade at the broker`);
  const found = [
    unknown.length === 0 ? '' : `unknown to it: ${unknown.join(', ')}`,
    halted.length === 0 ? '' : `not tradable: ${halted.join(', ')}`,
  ].filter((text) => text !== '');
  return failed(
    `${shown}: expected all to trade at the broker, found ${found.join('; ')}`,
    'What a strategy wants of them will be denied: correct the strategy, or wait for the halt to end.',
  );
}

/** Nobody on this machine trades the account now. */
export async function checkLease(access: BrokerAccess, config: AlpacaConfig): Promise<Finding> {
  const name = await leaseName(access, config);
  const taken = takeLease(leaseFolder(process.env), name, 'assay doctor, looking');
  if (taken.kind === 'held') {
    return warning(
      `${taken.place} is held by ${taken.holder}: expected nobody`,
      'A run would be refused now: wait for that process, or stop it.',
    );
  }
  taken.lease.release();
  return ok(`no process of this machine trades the account (${taken.lease.place})`);
}

/** Live trading is armed with this account's number, and no other's. */
export async function checkArming(
  { broker }: BrokerAccess,
  config: AlpacaConfig,
): Promise<Finding> {
  if (config.environment !== 'live') return skipped('paper trading needs no arming');
  const { account_number: account } = await broker.client.account();
  const armed = process.env[ARMING];
  if (armed === account) return ok(`${ARMING} names this account`);
  const finding = armed === undefined ? warning : failed;
  return finding(
    `${ARMING}: expected the number of this account (${account}), found ${armed === undefined ? 'nothing' : JSON.stringify(armed)}`,
    `Set ${ARMING}=${account} for the run that is to trade.`,
  );
}

/** The ledger and the broker agree on cash and shares, and everything booked can be read; or a run may begin. */
export async function checkBooks(
  { broker }: BrokerAccess,
  { config }: LoadedConfig,
  home: string,
): Promise<Finding> {
  if (!hasJournal(home)) {
    await refuseOtherOpening(broker, parseMoney(config.openingCash));
    return ok(`no journal in ${home} yet, and the account is as the first run must find it`);
  }
  const journal = openJournal(filesOf(home).journal);
  try {
    const { state } = LedgerKeeper.open(journal);
    if (state.cycle !== null)
      return skipped(`the cycle of ${state.cycle.opened.cycle} is open: compared when it closes`);
    const since = state.lastCycle;
    const booked = await broker.activities(since === null ? {} : { since });
    const waiting = newActivities(state, booked);
    const breaks = reconcile(ledgerTotals(state), await broker.account());
    if (breaks.length === 0) return ok('ledger and broker agree on cash and every position');
    const shown = breaks
      .slice(0, 3)
      .map(
        ({ symbol, ledger, broker: theirs }) =>
          `${symbol ?? 'cash'}: ledger ${ledger}, broker ${theirs}`,
      );
    const text = `expected ledger and broker to agree, found ${breaks.length} differences: ${shown.join('; ')}`;
    return waiting.length > 0
      ? warning(
          `${text}; ${waiting.length} bookings of the broker are not taken in yet`,
          'The next cycle takes them in; look again after it.',
        )
      : failed(
          text,
          'The symbols concerned will not be traded: find the trade or booking at the broker that nobody here asked for.',
        );
  } finally {
    journal.close();
  }
}

/** No corporate action without a rule stands against what is read, in the last month or ahead. */
export function checkActions(loaded: LoadedConfig, access: BrokerAccess): Finding {
  if (loaded.config.market.kind !== 'alpaca') return skipped('the market holds its own actions');
  let from = exchangeDate(access.clock.now());
  for (let left = 21; left > 0; left -= 1) from = previousSession(from);
  const rows = heldRows(loaded);
  const recent = rows.flatMap(({ symbol, notices }) =>
    notices.filter((notice) => notice.slice(0, 10) >= from).map((notice) => `${symbol} ${notice}`),
  );
  return recent.length === 0
    ? ok(`no action without a rule since ${from} in ${rows.length} symbols`)
    : warning(
        `actions that this version has no rule for: ${recent.slice(0, 5).join('; ')}`,
        'Positions will differ from the broker on that day: sell before it, or book it by hand after it.',
      );
}
