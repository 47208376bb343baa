// Stage: alpaca. The calls of the official SDK that Assay uses, on one configuration.
// Invariant: the SDK builds paths, queries and headers and never repeats a request; its models are not
// used, since they cut instants to milliseconds.
import { marketData, trading } from '@alpacahq/alpaca-trade-api/rest';
import type { Credentials } from './credentials.ts';
import type { Endpoints } from './endpoints.ts';

export interface AlpacaApi {
  readonly accounts: trading.AccountsApi;
  readonly configurations: trading.AccountConfigurationsApi;
  readonly activities: trading.AccountActivitiesApi;
  readonly assets: trading.AssetsApi;
  readonly calendar: trading.CalendarApi;
  readonly clock: trading.ClockApi;
  readonly orders: trading.OrdersApi;
  readonly positions: trading.PositionsApi;
  readonly stocks: marketData.StockApi;
  readonly corporateActions: marketData.CorporateActionsApi;
}

export function openApi(
  endpoints: Endpoints,
  credentials: Credentials,
  timeoutMs: number,
): AlpacaApi {
  // A function, so that the SDK's configuration object holds no key.
  const common = { apiKey: (name: string) => credentials.header(name), timeoutMs };
  const tradingConfiguration = new trading.Configuration({
    ...common,
    basePath: endpoints.trading,
  });
  const dataConfiguration = new marketData.Configuration({ ...common, basePath: endpoints.data });
  return {
    accounts: new trading.AccountsApi(tradingConfiguration),
    configurations: new trading.AccountConfigurationsApi(tradingConfiguration),
    activities: new trading.AccountActivitiesApi(tradingConfiguration),
    assets: new trading.AssetsApi(tradingConfiguration),
    calendar: new trading.CalendarApi(tradingConfiguration),
    clock: new trading.ClockApi(tradingConfiguration),
    orders: new trading.OrdersApi(tradingConfiguration),
    positions: new trading.PositionsApi(tradingConfiguration),
    stocks: new marketData.StockApi(dataConfiguration),
    corporateActions: new marketData.CorporateActionsApi(dataConfiguration),
  };
}
