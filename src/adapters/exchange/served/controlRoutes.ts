// Stage: paper exchange, served. What only tests and rehearsals may do: time, faults, forced executions.
// Invariant: apart from every Alpaca path; each change goes through the same commands and is kept.
import type { Context, Hono } from 'hono';
import { z } from 'zod';
import { isTimestamp, timestamp } from '../../../domain/time.ts';
import type { Desk } from './desk.ts';
import { faultPlanSchema } from './faults.ts';
import type { Env } from './gate.ts';
import { microsOf, microsText, workingDay, type Micros } from './instant.ts';
import { body } from './orderRoutes.ts';
import { badRequest, Refused, refuseUnless } from './refusal.ts';

export interface ControlOptions {
  readonly desk: Desk;
  readonly advance: (to: Micros) => void;
  /** False when time follows the machine's clock. */
  readonly manual: boolean;
  readonly disconnect: () => void;
}

const decimal = z.string().regex(/^-?\d{1,12}(\.\d{1,9})?$/);
const clockSchema = z.union([
  z.strictObject({ to: z.string() }),
  z.strictObject({ milliseconds: z.int().min(0) }),
  z.strictObject({ next: z.enum(['open', 'close']) }),
]);
const executionSchema = z.strictObject({ order_id: z.string(), qty: decimal, price: decimal });
const transitionSchema = z.strictObject({ order_id: z.string(), status: z.string() });
const bustSchema = z.union([
  z.strictObject({ order_id: z.string() }),
  z.strictObject({ execution_id: z.string() }),
]);
const correctionSchema = z.strictObject({
  execution_id: z.string(),
  qty: decimal,
  price: decimal,
});
const sharesSchema = z.strictObject({
  type: z.string(),
  symbol: z.string(),
  qty: decimal,
  price: decimal.nullable(),
});
const cashSchema = z.strictObject({ type: z.string(), amount: decimal });

export function controlRoutes(app: Hono<Env>, options: ControlOptions): void {
  const { desk } = options;
  const { state } = desk;
  app.get('/test/clock', (c) => c.json({ now: microsText(state.now) }));
  app.post('/test/clock', async (c) => {
    refuseUnless(options.manual, () =>
      badRequest('the clock follows the machine: start with --manual-clock to move it'),
    );
    const asked = await read(c, clockSchema);
    options.advance(instantOf(asked, state.now));
    return c.json({ now: microsText(state.now) });
  });
  app.get('/test/faults', (c) => c.json({ rules: state.faults.list() }));
  app.put('/test/faults', async (c) => {
    desk.run({ kind: 'faults', body: await read(c, faultPlanSchema) });
    return c.json({ rules: state.faults.list() });
  });
  app.post('/test/execute', async (c) => {
    const { order_id: orderId, qty, price } = await read(c, executionSchema);
    desk.run({ kind: 'execute', orderId, qty, price });
    return c.body(null, 204);
  });
  app.post('/test/transition', async (c) => {
    const { order_id: orderId, status } = await read(c, transitionSchema);
    desk.run({ kind: 'transition', orderId, status });
    return c.body(null, 204);
  });
  app.post('/test/bust', async (c) => {
    const asked = await read(c, bustSchema);
    desk.run(
      'order_id' in asked
        ? { kind: 'bust', orderId: asked.order_id }
        : { kind: 'bust_execution', executionId: asked.execution_id },
    );
    return c.body(null, 204);
  });
  app.post('/test/correct', async (c) => {
    const { execution_id: executionId, qty, price } = await read(c, correctionSchema);
    desk.run({ kind: 'correct', executionId, qty, price });
    return c.body(null, 204);
  });
  app.post('/test/cash', async (c) => {
    const { type, amount } = await read(c, cashSchema);
    desk.run({ kind: 'cash', type, amount });
    return c.body(null, 204);
  });
  app.post('/test/shares', async (c) => {
    desk.run({ kind: 'shares', ...(await read(c, sharesSchema)) });
    return c.body(null, 204);
  });
  app.post('/test/disconnect', (c) => {
    options.disconnect();
    return c.body(null, 204);
  });
}

async function read<T>(c: Context<Env>, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(await body(c));
  if (parsed.success) return parsed.data;
  throw new Refused(badRequest(z.prettifyError(parsed.error)));
}

function instantOf(asked: z.infer<typeof clockSchema>, now: Micros): Micros {
  if ('milliseconds' in asked) return now + asked.milliseconds * 1000;
  if ('to' in asked) {
    refuseUnless(isTimestamp(asked.to), () =>
      badRequest(`to: expected an instant like 2018-07-17T13:30:00.000Z, found ${asked.to}`),
    );
    return microsOf(timestamp(asked.to));
  }
  const day = workingDay(now, false);
  if (asked.next === 'close') return day.close;
  return now < day.open ? day.open : workingDay(day.close, false).open;
}
