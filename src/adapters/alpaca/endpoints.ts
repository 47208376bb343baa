// Stage: alpaca. Where Alpaca is, by environment.
// Invariant: paper and live are never mixed up: keys of one are not sent to the other.
import { CredentialsError, type Credentials } from './credentials.ts';

export type Environment = 'paper' | 'live';

export interface Endpoints {
  readonly environment: Environment;
  /** REST of the trading API. */
  readonly trading: string;
  /** REST of the market data API. */
  readonly data: string;
  /** Trade updates. */
  readonly tradingStream: string;
  /** Quotes and bars; the feed's name is appended. */
  readonly dataStream: string;
}

/** Source: Alpaca's documentation, read 2026-11. */
const HOSTS: Readonly<Record<Environment, string>> = {
  paper: 'https://paper-api.alpaca.markets',
  live: 'https://api.alpaca.markets',
};
const DATA = 'https://data.alpaca.markets';
const DATA_STREAM = 'wss://stream.data.alpaca.markets/v2';

/** @param baseUrl an exchange that serves everything under one address, as the built-in one does */
export function endpointsOf(environment: Environment, baseUrl?: string): Endpoints {
  const base = baseUrl?.replace(/\/+$/, '');
  const trading = base ?? HOSTS[environment];
  const socket = trading.replace(/^http/, 'ws');
  return {
    environment,
    trading,
    data: base ?? DATA,
    tradingStream: `${socket}/stream`,
    dataStream: base === undefined ? DATA_STREAM : `${socket}/v2`,
  };
}

/** @throws CredentialsError when the keys are of the other environment */
export function refuseOtherEnvironment(endpoints: Endpoints, credentials: Credentials): void {
  const of = credentials.environment;
  if (of === undefined || of === endpoints.environment) return;
  throw new CredentialsError(
    `The key pair from ${credentials.source} is for ${of} trading: expected one for ${endpoints.environment} (${endpoints.trading}). ` +
      `Nothing was sent. Use the ${endpoints.environment} keys, or set the environment of the broker to "${of}".`,
  );
}
