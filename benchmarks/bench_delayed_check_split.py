"""How evenly `bucket` splits orders, whether two experiments are independent, and what a placement costs.

The same ids go through the bucketing by modulo that many teams write (Powertools' `MODULO_RANGE` feature flags do too):
it has no salt, so that two experiments on the same ids have identical arms. Everything but the times is deterministic.
What an id costs is compared with a bare SHA-256 of the same text, in turns; the figure to quote is the ratio.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from hashlib import sha256
from statistics import median
from uuid import UUID

from constructs_lib.runtime.delayed_check.bucketing import bucket, bucket_number

Arm = Callable[[str], str]

IDS = 100_000
HALVES = {"call": 50, "control": 50}
#: Chi-square of one degree of freedom, and of 99, beyond which one in a thousand fair splits lies.
LIMIT, LIMIT_OF_BINS = 10.83, 148.2
BINS = 100
#: A fair split of 100,000 ids has so many in each half, but for one in a thousand.
FAIR = (49_480, 50_520)
#: Bucketing by modulo in the same number of buckets.
MODULO = 10_000
_NUMBERED = 20_000


def ids() -> dict[str, list[str]]:
    """100,000 ids of each kind that shops use."""
    return {
        "1, 2, 3, ...": [str(number) for number in range(1, IDS + 1)],
        "order-1, order-2, ...": [f"order-{number}" for number in range(1, IDS + 1)],
        "every tenth number": [str(number * 10) for number in range(1, IDS + 1)],
        "UUIDs": [str(UUID(bytes=sha256(str(number).encode()).digest()[:16])) for number in range(IDS)],
        "e-mail addresses": [f"customer.{number}@example.com" for number in range(IDS)],
    }


def ours(key: str, version: int = 1) -> Arm:
    """The library's."""
    return lambda unit: bucket(key, version, unit, HALVES)


def modulo(unit: str) -> str:
    """What knows no key: the number in the id, modulo."""
    number = int("".join(filter(str.isdigit, unit)) or "0")
    return "call" if number % MODULO < MODULO // 2 else "control"


ARMS: dict[str, Arm] = {
    "calls": ours("calls"),
    "messages": ours("messages"),
    "calls, version 2": ours("calls", 2),
    "modulo": modulo,
}


def dependence(first: Sequence[str], second: Sequence[str]) -> float:
    """Chi-square of the two by two table of arms: 0 where one experiment's arm says nothing of the other's."""
    cells = Counter(zip(first, second, strict=True))
    rows, columns = Counter(first), Counter(second)
    expected = {(row, column): rows[row] * columns[column] / len(first) for row in rows for column in columns}
    return sum((cells[cell] - wanted) ** 2 / wanted for cell, wanted in expected.items())


def unevenness(units: Sequence[str]) -> float:
    """Chi-square of the library's buckets in a hundred bins."""
    bins = Counter(bucket_number("calls", 1, unit) * BINS // MODULO for unit in units)
    wanted = len(units) / BINS
    return sum((bins[number] - wanted) ** 2 / wanted for number in range(BINS))


def splits() -> dict[str, dict[str, float]]:
    """For each kind of id: how even, and how independent."""
    return {kind: _split(units) for kind, units in ids().items()}


def _split(units: Sequence[str]) -> dict[str, float]:
    arms = {name: [arm(unit) for unit in units] for name, arm in ARMS.items()}
    return {
        "called": arms["calls"].count("call"),
        "bins": unevenness(units),
        "keys": dependence(arms["calls"], arms["messages"]),
        "versions": dependence(arms["calls"], arms["calls, version 2"]),
        "modulo_called": arms["modulo"].count("call"),
        # It knows no key: two experiments have one and the same.
        "modulo_keys": dependence(arms["modulo"], arms["modulo"]),
    }


def nanoseconds(place: Callable[[str], object], units: Sequence[str]) -> float:
    """An id's."""
    start = time.perf_counter()
    for unit in units:
        place(unit)
    return (time.perf_counter() - start) / len(units) * 1e9


def cost(rounds: int) -> dict[str, float]:
    """Medians; the three take their turn in each round, in the reverse order every other time."""
    units = ids()["order-1, order-2, ..."][:_NUMBERED]
    ways: dict[str, Callable[[str], object]] = {
        "bucket": ours("calls"),
        "bucket_number": lambda unit: bucket_number("calls", 1, unit),
        "sha256": lambda unit: sha256(f"calls\x1f1\x1f{unit}".encode()).digest(),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        for name in list(ways)[:: 1 if number % 2 else -1]:
            times[name].append(nanoseconds(ways[name], units))
    pairs = {name: zip(times[name], times["sha256"], strict=True) for name in ("bucket", "bucket_number")}
    ratios = {f"{name}_to_sha256": median(one / bare for one, bare in both) for name, both in pairs.items()}
    return {**{name: median(values) for name, values in times.items()}, **ratios}


def main() -> None:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="measurements of an id's cost (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    table, costs = splits(), cost(arguments.rounds)
    if arguments.json:
        print(json.dumps({"splits": table, "nanoseconds_and_ratios": costs}, indent=2))
        return
    print(f"{IDS:,} ids at 50/50: fair is {FAIR[0]:,} to {FAIR[1]:,} called, chi-square at most {LIMIT} for two")
    print(f"experiments, and {LIMIT_OF_BINS} for a hundred bins\n")
    print(f"{'':24}{'called':>8}{'bins':>8}{'2 keys':>8}{'2 versions':>12}{'modulo: called':>16}{'2 keys':>10}")
    for kind, row in table.items():
        own = f"{row['called']:8,.0f}{row['bins']:8.1f}{row['keys']:8.2f}{row['versions']:12.2f}"
        print(f"{kind:24}{own}{row['modulo_called']:16,.0f}{row['modulo_keys']:10,.0f}")
    print(f"\nnanoseconds an id, median of {arguments.rounds}: bucket {costs['bucket']:.0f}, a bare SHA-256 ", end="")
    print(f"{costs['sha256']:.0f}; ratio {costs['bucket_to_sha256']:.2f}")


if __name__ == "__main__":
    main()
