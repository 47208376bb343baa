#!/usr/bin/env python3
"""Golden vectors of dialect assay-1, computed from the published definitions.

Independent of the implementation on purpose: another language, 60-digit decimals instead of
float64, closed forms instead of recursions (an exponential mean is a weighted sum, a variance is a
sum over pairs, a drawdown is a maximum over pairs), and no code shared with the product.

    python3 src/indicators/golden/regenerate.py > src/indicators/golden/assay-1.json
"""
import json
from decimal import Decimal as D, getcontext

getcontext().prec = 60


def walk(seed, count, start="100.00"):
    """A price path in cents from a small linear congruential generator."""
    price, prices = D(start), []
    for _ in range(count):
        prices.append(price)
        seed = (seed * 1103515245 + 12345) % 2**31
        step = D(seed % 701 - 345) / D(10000)  # −3.45 % … +3.55 %
        price = max((price * (1 + step)).quantize(D("0.01")), D("0.01"))
    return prices


SERIES = {
    "walk": walk(20111004, 44),
    "volatile": walk(7, 25, "3.17"),
    "short": walk(99, 3, "55.55"),
    "flat": [D("42.50")] * 12,
    "rising": [D(50) + D(i) / 4 for i in range(12)],
    "falling": [D(50) - D(i) / 4 for i in range(12)],
    "outlier": walk(3, 10) + [D("1000000000.00")] + walk(4, 19),
    "gap": walk(11, 9) + [None] + walk(12, 21, "98.76"),
    "two gaps": [None] + walk(13, 6) + [None, None] + walk(14, 8),
}


def returns(p):
    return [b / a - 1 for a, b in zip(p, p[1:])]


def mean(x):
    return sum(x) / len(x)


def deviation(x):
    """Sample standard deviation from squared differences of all pairs."""
    n = len(x)
    squares = sum((x[i] - x[j]) ** 2 for i in range(n) for j in range(i))
    return (squares / (n * (n - 1))).sqrt()


def power(base, exponent):
    """decimal leaves 0 ** 0 undefined; in these sums it is 1"""
    return D(1) if exponent == 0 else base**exponent


def ema(p, n):
    """The recursion e = (1 − alpha) e + alpha P from e = P0, written out as a weighted sum."""
    alpha, last = D(2) / (n + 1), len(p) - 1
    keep = 1 - alpha
    tail = sum(alpha * power(keep, last - k) * p[k] for k in range(1, last + 1))
    return power(keep, last) * p[0] + tail


def rsi(p, n):
    alpha, last = D(1) / n, len(p) - 1
    keep = 1 - alpha

    def average(changes):  # the first bar counts as a change of 0
        return sum(alpha * power(keep, last - k) * c for k, c in enumerate(changes, start=1))

    steps = [b - a for a, b in zip(p, p[1:])]
    gain = average([max(s, D(0)) for s in steps])
    loss = average([max(-s, D(0)) for s in steps])
    if loss == 0:
        return D(50) if gain == 0 else D(100)
    return 100 * gain / (gain + loss)


def drawdown(p):
    return max((p[i] - p[j]) / p[i] for i in range(len(p)) for j in range(i, len(p)))


# name: (closes needed for window n, value from the whole run p)
INDICATORS = {
    "current-price": (lambda n: 1, lambda p, n: p[-1]),
    "moving-average-price": (lambda n: n, lambda p, n: mean(p[-n:])),
    "exponential-moving-average-price": (lambda n: n, ema),
    "rsi": (lambda n: n + 1, rsi),
    "cumulative-return": (lambda n: n + 1, lambda p, n: (p[-1] / p[-1 - n] - 1) * 100),
    "moving-average-return": (lambda n: n + 1, lambda p, n: mean(returns(p)[-n:]) * 100),
    "stdev-return": (lambda n: n + 1, lambda p, n: deviation(returns(p)[-n:]) * 100),
    "stdev-price": (lambda n: n, lambda p, n: deviation(p[-n:])),
    "max-drawdown": (lambda n: n, lambda p, n: drawdown(p[-n:]) * 100),
}
SMALLEST = {"stdev-return": 2, "stdev-price": 2}


def vector(name, window, prices):
    needed, value = INDICATORS[name]
    out = []
    for t in range(len(prices)):
        run = []
        for price in prices[: t + 1]:  # the run: every close since the last gap
            run = [] if price is None else run + [price]
        enough = len(run) >= needed(window)
        out.append(float(value(run, window)) if enough else None)
    return out


def windows(name, length):
    if name == "current-price":
        return [1]
    smallest = SMALLEST.get(name, 1)
    # short, exactly as long as the series allows (as closes and as returns), one too long
    chosen = {smallest, 5, 14, length - 1, length, length + 1}
    return sorted(n for n in chosen if n >= smallest)


def main():
    vectors = [
        {"indicator": name, "window": n, "series": label, "values": vector(name, n, prices)}
        for name in INDICATORS
        for label, prices in SERIES.items()
        for n in windows(name, len(prices))
    ]
    closes = {k: [None if p is None else float(p) for p in v] for k, v in SERIES.items()}
    lines = ",\n".join("    " + json.dumps(v) for v in vectors)
    head = '{\n  "dialect": "assay-1",\n  "series": %s,\n  "vectors": [\n' % json.dumps(closes)
    print(head + lines + "\n  ]\n}")


main()
