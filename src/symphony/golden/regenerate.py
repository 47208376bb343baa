#!/usr/bin/env python3
"""Golden weights of every combinator of dialect assay-1, computed from the published definitions.

Independent of the implementation on purpose: another language, 50-digit decimals instead of
float64, and whole columns instead of a walk through a tree: every node is a list over all sessions
of what it stands for (its elements, or None where it cannot be decided), made from the lists of its
children, branches not taken included. No code is shared with the product; each symphony is written
twice, as text and as columns.

    python3 src/symphony/golden/regenerate.py > src/symphony/golden/assay-1.json
"""
import json
from decimal import Decimal as D, getcontext

getcontext().prec = 50
LENGTH = 44


def walk(seed, start):
    """A price path in cents from a small linear congruential generator."""
    price, prices = D(start), []
    for _ in range(LENGTH):
        prices.append(price)
        seed = (seed * 1103515245 + 12345) % 2**31
        price = (price * (1 + D(seed % 701 - 345) / D(10000))).quantize(D("0.01"))
    return prices


PRICES = {
    "A": walk(11, "100.00"),
    "B": walk(22, "40.00"),
    "C": walk(33, "250.00"),
    "D": walk(44, "75.00"),
    "E": [None] * 6 + walk(55, "20.00")[6:],  # listed late
    "F": walk(66, "60.00")[:25] + [None] + walk(66, "60.00")[26:],  # one session missing
    "G": [D("50.00")] * LENGTH,  # never moves
}


# ---- indicators on one run of levels; None where it is too short


def returns(run):
    return [b / a - 1 for a, b in zip(run, run[1:])]


def mean(x):
    return sum(x) / len(x)


def deviation(x):
    return (sum((v - mean(x)) ** 2 for v in x) / (len(x) - 1)).sqrt()


def needs(count):
    return lambda f: lambda run, n: f(run, n) if len(run) >= n + count else None


price = needs(0)(lambda run, n: run[-1])
average = needs(0)(lambda run, n: mean(run[-n:]))
growth = needs(1)(lambda run, n: (run[-1] / run[-1 - n] - 1) * 100)
mean_return = needs(1)(lambda run, n: mean(returns(run)[-n:]) * 100)
volatility = needs(1)(lambda run, n: deviation(returns(run)[-n:]) * 100)
fall = needs(0)(
    lambda run, n: max((run[i] - run[j]) / run[i] for i in range(-n, 0) for j in range(i, 0)) * 100
)


def column(metric, n, levels):
    """An indicator over all sessions, on the run of levels that each session stands in."""
    out, run = [], []
    for level in levels:
        run = [] if level is None else run + [level]
        out.append(metric(run, n) if run else None)
    return out


def reading(metric, symbol, n=1):
    return column(metric, n, PRICES[symbol])


# ---- nodes: a list over sessions of lists of elements; an element is {symbol: fraction}


def each(make):
    return [make(t) for t in range(LENGTH)]


def asset(symbol):
    return each(lambda t: None if PRICES[symbol][t] is None else [{symbol: D(1)}])


def mixed(parts):
    total = {}
    for share, portfolio in parts:
        for symbol, fraction in portfolio.items():
            total[symbol] = total.get(symbol, D(0)) + share * fraction
    return total


def even(elements):
    return mixed([(D(1) / len(elements), e) for e in elements]) if elements else {}


def together(nodes):
    """The elements of several nodes in one list, as a branch or a list of children holds them."""
    return each(
        lambda t: None if any(n[t] is None for n in nodes) else [e for n in nodes for e in n[t]]
    )


NOTHING = each(lambda t: [])


def equal(*nodes):
    joined = together(nodes)
    return each(lambda t: joined[t] and [even(joined[t])])


def specified(*pairs):
    total = sum(D(w) for w, _ in pairs)
    joined = together([n for _, n in pairs])
    return each(
        lambda t: joined[t] and [mixed([(D(w) / total, even(n[t])) for w, n in pairs])]
    )


def curve(node):
    """1 where the node can first be decided; then grown by what was decided at the close before."""
    levels = []
    for t in range(LENGTH):
        before = levels[-1] if levels else None
        if before is None:
            levels.append(None if node[t] is None else D(1))
            continue
        held = None if node[t - 1] is None else even(node[t - 1])
        if held is None or any(PRICES[s][t] is None for s in held):
            levels.append(None)
            continue
        gained = sum(w * (PRICES[s][t] / PRICES[s][t - 1] - 1) for s, w in held.items())
        levels.append(before * (1 + gained))
    return levels


def scores(metric, n, nodes):
    """Of an asset by its closes, of anything else by its own curve."""
    return [
        column(metric, n, PRICES[node.symbol] if isinstance(node, Asset) else curve(node))
        for node in nodes
    ]


class Asset(list):
    def __init__(self, symbol):
        super().__init__(asset(symbol))
        self.symbol = symbol


def inverse(n, *nodes):
    risks = scores(volatility, n, nodes)

    def at(t):
        if any(node[t] is None for node in nodes):
            return None
        filled = [(risk[t], even(node[t])) for risk, node in zip(risks, nodes) if node[t]]
        if any(not risk for risk, _ in filled):
            return None  # missing or zero
        total = sum(1 / risk for risk, _ in filled)
        return [mixed([(1 / risk / total, part) for risk, part in filled])] if filled else []

    return each(at)


def when(left, operator, right, then, other):
    def at(t):
        a = left[t]
        b = right[t] if isinstance(right, list) else D(right)
        if a is None or b is None:
            return None
        holds = {">": a > b, "<": a < b, ">=": a >= b, "<=": a <= b}[operator]
        return (then if holds else other)[t]

    return each(at)


def pick(metric, n, side, k, *nodes):
    columns = scores(metric, n, nodes)

    def at(t):
        ranked = sorted(
            (-c[t] if side == "top" else c[t], getattr(node, "symbol", "~"), place)
            for place, (c, node) in enumerate(zip(columns, nodes))
            if c[t] is not None
        )
        if not ranked:
            return None
        kept = [nodes[place][t] for _, _, place in ranked[:k]]
        if any(part is None for part in kept):
            return None
        filled = [even(part) for part in kept if part]
        return [even(filled)] if filled else []

    return each(at)


# ---- the symphonies, each as text and as columns

A, B, C, DD, E, F, G = (Asset(symbol) for symbol in "ABCDEFG")
a, b, c, d, e, f, g = (f'(asset "{symbol}" nil)' for symbol in "ABCDEFG")

UP = '(> (current-price "A") (moving-average-price "A" {:window 5}))'
rises = lambda then, other: when(reading(price, "A"), ">", reading(average, "A", 5), then, other)

BEST_TEXT = f"(filter (cumulative-return {{:window 3}}) (select-top 1) [{a} {b} {c}])"
BEST = pick(growth, 3, "top", 1, A, B, C)
CALM_TEXT = f"(filter (stdev-return {{:window 4}}) (select-bottom 2) [{b} {c} {d}])"
CALM = pick(volatility, 4, "bottom", 2, B, C, DD)
SECOND_TEXT = f'(filter (moving-average-return {{:window 3}}) (select-top 1) [(group "one" [{BEST_TEXT}]) (group "two" [{CALM_TEXT}])])'
SECOND = pick(mean_return, 3, "top", 1, BEST, CALM)
THIRD_TEXT = f'(filter (max-drawdown {{:window 4}}) (select-bottom 1) [(group "x" [{SECOND_TEXT}]) (group "y" [(weight-equal [{a} {d}])])])'
THIRD = pick(fall, 4, "bottom", 1, SECOND, equal(A, DD))

CASES = [
    ("asset", a, A),
    ("asset listed late", e, E),
    ("asset with a session missing", f, F),
    ("group", f'(group "g" [(group "h" [{b}])])', B),
    ("weight-equal", f"(weight-equal [{a} {b} {c}])", equal(A, B, C)),
    ("weight-equal, nested", f"(weight-equal [{a} (weight-equal [{b} {c}])])", equal(A, equal(B, C))),
    ("weight-equal, a child twice", f"(weight-equal [{a} {a} {b}])", equal(A, A, B)),
    ("weight-equal of nothing", "(weight-equal [(weight-equal [])" + f" (if {UP} [{a}] [])])", equal(NOTHING, rises(A, NOTHING))),
    ("weight-equal, elements of a branch", f"(weight-equal [{d} (if {UP} [{a} {b}] [{c}])])", equal(DD, rises(together([A, B]), C))),
    ("weight-equal, a branch of a group", f'(weight-equal [{d} (group "g" [(if {UP} [{a} {b}] [])])])', equal(DD, rises(together([A, B]), NOTHING))),
    ("weight-specified", f"(weight-specified 0.6 {a} 0.3 {b} 0.1 {c})", specified(("0.6", A), ("0.3", B), ("0.1", C))),
    ("weight-specified, rounded", f"(weight-specified 0.3333333 {a} 0.3333333 {b} 0.3333333 {c})", specified(*[("0.3333333", x) for x in (A, B, C)])),
    ("weight-specified, a fraction of nothing", f"(weight-specified 0.7 {a} 0.3 (if {UP} [{b}] []))", specified(("0.7", A), ("0.3", rises(B, NOTHING)))),
    ("weight-specified, a fraction of a branch", f"(weight-specified 0.7 (if {UP} [{a} {b}] [{c}]) 0.3 {d})", specified(("0.7", rises(together([A, B]), C)), ("0.3", DD))),
    ("weight-inverse-volatility", f"(weight-inverse-volatility 5 [{a} {b} {c} {d}])", inverse(5, A, B, C, DD)),
    ("weight-inverse-volatility, missing", f"(weight-inverse-volatility 4 [{a} {e} {f}])", inverse(4, A, E, F)),
    ("weight-inverse-volatility, zero", f"(weight-inverse-volatility 4 [{a} {g}])", inverse(4, A, G)),
    ("weight-inverse-volatility, of nodes", f'(weight-inverse-volatility 4 [(group "g" [(weight-equal [{a} {b}])]) {c} (if {UP} [{d}] [{b} {c}])])', inverse(4, equal(A, B), C, rises(DD, together([B, C])))),
    ("weight-inverse-volatility, an empty child", f"(weight-inverse-volatility 3 [{a} {b} (if {UP} [{c}] [])])", inverse(3, A, B, rises(C, NOTHING))),
    ("if >", f"(if {UP} [{a}] [{b}])", rises(A, B)),
    ("if <", f'(if (< (cumulative-return "B" {{:window 4}}) -1.5) [{a}] [{b}])', when(reading(growth, "B", 4), "<", "-1.5", A, B)),
    ("if >=, equal", f'(if (>= (current-price "G") 50) [{a}] [{b}])', when(reading(price, "G"), ">=", "50", A, B)),
    ("if >, equal", f'(if (> (current-price "G") 50) [{a}] [{b}])', when(reading(price, "G"), ">", "50", A, B)),
    ("if <=, units mixed", f'(if (<= (stdev-return "C" {{:window 6}}) (max-drawdown "A" {{:window 6}})) [{c}] [{a}])', when(reading(volatility, "C", 6), "<=", reading(fall, "A", 6), C, A)),
    ("if, a value missing", f'(if (> (moving-average-price "F" {{:window 3}}) (moving-average-price "E" {{:window 2}})) [{a}] [{b}])', when(reading(average, "F", 3), ">", reading(average, "E", 2), A, B)),
    ("if, nested", f'(if {UP} [(if (> (current-price "B") (current-price "D")) [{b}] [{d} {c}])] [{e}])', rises(when(reading(price, "B"), ">", reading(price, "D"), B, together([DD, C])), E)),
    ("filter, top", f"(filter (cumulative-return {{:window 3}}) (select-top 2) [{a} {b} {c} {d}])", pick(growth, 3, "top", 2, A, B, C, DD)),
    ("filter, bottom", f"(filter (stdev-return {{:window 3}}) (select-bottom 1) [{a} {b} {c} {d}])", pick(volatility, 3, "bottom", 1, A, B, C, DD)),
    ("filter, without a window", f"(filter (current-price) (select-top 1) [{b} {d}])", pick(price, 1, "top", 1, B, DD)),
    ("filter, fewer than K", f"(filter (moving-average-return {{:window 2}}) (select-top 9) [{a} {b}])", pick(mean_return, 2, "top", 9, A, B)),
    ("filter, missing ones dropped", f"(filter (moving-average-price {{:window 4}}) (select-bottom 2) [{e} {f} {a}])", pick(average, 4, "bottom", 2, E, F, A)),
    ("filter, all dropped", f"(filter (cumulative-return {{:window 5}}) (select-top 1) [{e}])", pick(growth, 5, "top", 1, E)),
    ("filter, ties by symbol", f"(filter (max-drawdown {{:window 1}}) (select-top 2) [{d} {c} {b} {a}])", pick(fall, 1, "top", 2, DD, C, B, A)),
    ("filter, ties of nodes after assets", f"(filter (max-drawdown {{:window 1}}) (select-bottom 2) [(weight-equal [{d} {c}]) (weight-equal [{a} {b}]) {c}])", pick(fall, 1, "bottom", 2, equal(DD, C), equal(A, B), C)),
    ("filter over groups", SECOND_TEXT, SECOND),
    ("filters over groups, three deep", THIRD_TEXT, THIRD),
    ("filter over a node with a gap", f'(filter (cumulative-return {{:window 2}}) (select-top 1) [(weight-equal [{f} {a}]) (weight-equal [{b} {e}])])', pick(growth, 2, "top", 1, equal(F, A), equal(B, E))),
    ("filter, held without a price for a session", f'(filter (cumulative-return {{:window 1}}) (select-bottom 1) [(if (> (cumulative-return "C" {{:window 1}}) 0) [{b}] [{f}]) {g}])', pick(growth, 1, "bottom", 1, when(reading(growth, "C", 1), ">", "0", B, F), G)),
    ("filter, two kept and one of them empty", f"(filter (moving-average-return {{:window 2}}) (select-bottom 2) [(if {UP} [{a}] []) (weight-equal [{b} {c}]) {d}])", pick(mean_return, 2, "bottom", 2, rises(A, NOTHING), equal(B, C), DD)),
    ("filter over a branch that is cash", f"(filter (moving-average-return {{:window 2}}) (select-top 1) [(if {UP} [{a}] []) (weight-equal [{b} {c}])])", pick(mean_return, 2, "top", 1, rises(A, NOTHING), equal(B, C))),
    ("inverse volatility of filters in a weight", f"(weight-specified 0.5 (weight-inverse-volatility 3 [{SECOND_TEXT} {CALM_TEXT}]) 0.5 {THIRD_TEXT})", specified(("0.5", inverse(3, SECOND, CALM)), ("0.5", THIRD))),
]


def weights(node):
    def at(t):
        if node[t] is None:
            return None
        return {s: float(w) for s, w in sorted(even(node[t]).items()) if w > 0}

    return each(at)


def main():
    closes = {s: [None if p is None else float(p) for p in row] for s, row in PRICES.items()}
    cases = [{"name": n, "symphony": text, "weights": weights(node)} for n, text, node in CASES]
    head = '{\n  "dialect": "assay-1",\n  "closes": %s,\n  "cases": [\n' % json.dumps(closes)
    print(head + ",\n".join("    " + json.dumps(case) for case in cases) + "\n  ]\n}")


main()
