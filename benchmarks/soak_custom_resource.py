"""Half a million requests, some delivered twice or killed half-way: what is made, what is left, what is answered.

The rates are those of the incident behind IdempotentProvider: one request in 4,390 is duplicated, 3 % of those once
more, and 1 % of all are killed at a random step, some of these again and again. One Create in a thousand is overtaken
by its rollback's Delete. Ours and a naive provider (the same vendor, no record) get the same events, in virtual time.

    make soak                                  # ours in memory, 500,000 requests; then 2,000 on the emulator's DynamoDB
    python benchmarks/soak_custom_resource.py --requests 20000 --emulated 0 --seed 7 --json

The vendor honours tokens (T) for half of the resources and can be asked what a token has made (Q) for the other half.
A vendor that can do neither (N) gets a tenth as many requests of its own: what a crash may have left there, nobody can
know, so that it is reported instead.
"""

import argparse
import json
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from benchmarks.soak.side import Life, Side, Tally, Trouble
from benchmarks.soak.vendor import Mode
from constructs_lib.runtime._shared.contract import PARTITION_KEY
from constructs_lib.runtime._shared.store import Table

_ONE_DUPLICATED_IN = 4_390
_TRIPLES = 0.03
_KILLED = 0.01
#: Of those that are killed, those whose next run is killed too; of those again, and so on.
_KILLED_AGAIN = 0.1
_OVERTAKEN = 0.001
_CHECKPOINTS = 0.5
#: Seconds between a first delivery and its duplicate: while the first is at work, or later.
_SOON, _LATER = 3.0, 600.0


class Rates(NamedTuple):
    """How often what happens; a test wants more trouble than a soak."""

    duplicated: float = 1 / _ONE_DUPLICATED_IN
    killed: float = _KILLED
    overtaken: float = _OVERTAKEN


class Row(NamedTuple):
    """A line of the table."""

    name: str
    tally: Tally
    can_know: bool = True


def main() -> int:
    """Print the table, or JSON with --json; 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=500_000)
    parser.add_argument("--emulated", type=int, default=2_000, help="requests on the emulator's DynamoDB; 0: none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = soak(arguments.requests, seed=arguments.seed)
    if arguments.emulated:
        # So few of them are duplicated and killed that nothing would be tried: a hundred times as many are.
        often = Rates(duplicated=0.02, killed=0.1, overtaken=0.02)
        with _emulated_table() as table:
            rows += soak(arguments.emulated, seed=arguments.seed, rates=often, table=table)
    if arguments.json:
        print(json.dumps({row.name: row.tally._asdict() for row in rows}, indent=2))
    else:
        for line in _table_of(rows):
            print(line)
    broken = [row.name for row in rows if row.name.startswith("ours") and not keeps_its_promise(row)]
    for name in broken:
        print(f"{name}: a promise is broken")
    return 1 if broken else 0


def soak(requests: int, *, seed: int, rates: Rates | None = None, table: Table | None = None) -> list[Row]:
    """Make so many requests, to each provider."""
    rates = rates or Rates()
    where = "" if table is None else ", on DynamoDB"
    naive, rows = Side("N", is_naive=True), []
    modes: tuple[tuple[Mode, int], ...] = (("T", requests // 2), ("Q", requests // 2), ("N", requests // 10))
    for number, (mode, share) in enumerate(modes):
        ours = Side(mode, is_naive=False, table=table)
        for life in lives(share // 2, seed=seed + number, rates=rates):
            ours.live(life)
            if mode != "N":
                naive.live(life)
        rows.append(Row(f"ours, {mode}{where}", ours.tally(), can_know=mode != "N"))
    return [*rows, Row(f"naive{where}", naive.tally())]


def lives(count: int, *, seed: int, rates: Rates) -> Iterator[Life]:
    """So many resources, and what happens to each."""
    dice = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    for _ in range(count):
        yield Life(
            checkpoint=dice.random() < _CHECKPOINTS,
            create=_trouble(dice, rates),
            delete=_trouble(dice, rates),
            overtaken_at=dice.uniform(0.0, 100.0) if dice.random() < rates.overtaken else None,
        )


def _trouble(dice: random.Random, rates: Rates) -> Trouble:
    delays, kills = [0.0], []
    if dice.random() < rates.duplicated:
        times = 2 if dice.random() < _TRIPLES else 1
        delays += (dice.uniform(0.0, dice.choice((_SOON, _LATER))) for _ in range(times))
    if dice.random() < rates.killed:
        kills.append(dice.random())
        while dice.random() < _KILLED_AGAIN:
            kills.append(dice.random())
    return Trouble(tuple(delays), tuple(kills))


def keeps_its_promise(row: Row) -> bool:
    """Whether what came of it is what must: in N, what is left is what was reported."""
    tally = row.tally
    is_consistent = (tally.made_more, tally.contradictions, tally.unanswered) == (0, 0, 0)
    costs_what_it_should = tally.writes_per_duplicate in (None, 1)
    return is_consistent and costs_what_it_should and tally.left <= (0 if row.can_know else tally.reported)


@contextmanager
def _emulated_table() -> Iterator[Table]:
    from local.emulator import Emulator  # noqa: PLC0415 - the soak in memory needs none

    with Emulator() as emulator:
        name = "records"
        emulator.client("dynamodb").create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": PARTITION_KEY, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": PARTITION_KEY, "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        os.environ |= {key: value for key, value in emulator.environment.items() if key.startswith("AWS_")}
        yield Table(name)


def _table_of(rows: list[Row]) -> Iterator[str]:
    titles = ("requests", "made more", "left", "contradictions", "unanswered", "Creates FAILED", "reported")
    yield f"{'':<24}" + "".join(f"{title:>16}" for title in titles) + f"{'writes':>9}{'duplicate':>11}{'seconds':>9}"
    for name, tally, _ in rows:
        counts = (
            tally.requests,
            tally.made_more,
            tally.left,
            tally.contradictions,
            tally.unanswered,
            tally.failed,
            tally.reported,
        )
        numbers = "".join(f"{count:>16,}" for count in counts)
        duplicate = "-" if tally.writes_per_duplicate is None else f"{tally.writes_per_duplicate:.2f}"
        costs = f"{tally.writes_per_request:>9.2f}{duplicate:>11}{tally.seconds:>9.1f}"
        yield f"{name:<24}{numbers}{costs}"


if __name__ == "__main__":
    raise SystemExit(main())
