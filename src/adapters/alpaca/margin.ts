// Stage: alpaca. What Alpaca reports of a margin account, and what an asset binds in one.
// Invariant: a cash account has no margin figures; what Alpaca does not say stays unknown.
// Source: OpenAPI (2026-06) and recorded accounts: multiplier "1" is a cash account; initial margin of
// a marginable asset is 50 %, maintenance margin its own requirement in per cent.
import type { MarginFigures } from '../../domain/account.ts';
import type { AssetFacts } from '../../domain/market.ts';
import { parseDecimal } from '../../domain/units/decimal.ts';
import { ONE_WEIGHT, weight, WEIGHT_SCALE } from '../../domain/units/units.ts';
import type { AssetWire } from '../../wire/alpaca/asset.ts';
import type { AccountWire } from '../../wire/alpaca/account.ts';
import { Fields } from './fields.ts';

export function marginOf(account: AccountWire): MarginFigures | null {
  if (Number(account.multiplier) <= 1) return null;
  const fields = new Fields('account');
  return {
    equity: fields.cash('equity', account.equity),
    initialMargin: fields.cash('initial_margin', account.initial_margin),
    maintenanceMargin: fields.cash('maintenance_margin', account.maintenance_margin),
    buyingPower: fields.cash('buying_power', account.buying_power),
    overnightBuyingPower: fields.cash('regt_buying_power', account.regt_buying_power),
  };
}

const PER_CENT = 100n;

export function bindingOf(asset: AssetWire): AssetFacts['margin'] {
  const required = parseDecimal(asset.margin_requirement_long ?? '', WEIGHT_SCALE);
  if (required === undefined || required < 0n) return null;
  const maintenance = weight(required / PER_CENT);
  const half = ONE_WEIGHT / 2n;
  const marginable = maintenance > half ? maintenance : weight(half);
  return { initial: asset.marginable ? marginable : ONE_WEIGHT, maintenance };
}
