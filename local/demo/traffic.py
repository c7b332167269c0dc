"""The article's test, shortened: Creates and Deletes, five at a time, a few of the Creates delivered twice."""

import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from local.demo.rig import Event, Provider, Rig
from local.ledger import Group
from local.recorder import Answer
from local.report.custom_resource.experiment import Traffic

#: Requests under way at once, as in the article.
AT_ONCE = 5
#: One in so many Creates is delivered again. The article saw one in 4,390, which would take hours to show up.
SHARE = 20
#: Seconds within which the second delivery follows the first.
SOON = 0.3
SEED = 20170607
_PATIENCE = 40.0
#: Seconds in which an invocation that has answered acknowledges that, and in which a repeated one finds nothing to do.
_AFTERWARDS = 0.5
_DYNAMODB = "DynamoDB_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One request of the load: its name, and how long after the first delivery the second comes; None: never."""

    name: str
    again_after: float | None


def wanted(provider: Provider, requests: int) -> list[Wanted]:
    """The load, the same for every provider: one delivered again in each block of `SHARE`, at a random place."""
    dice = random.Random(SEED)  # noqa: S311 - a load that can be repeated
    again = {block + dice.randrange(SHARE): dice.uniform(0, SOON) for block in range(0, requests, SHARE)}
    return [Wanted(name=f"{provider.prefix}Load{n:04d}", again_after=again.get(n)) for n in range(requests)]


def drive(rig: Rig, provider: Provider, load: Sequence[Wanted], *, on_done: Callable[[], None]) -> Traffic:
    """Create and delete all that is wanted, five at a time, and say what came of it."""
    before = rig.invocations(provider)
    waits: queue.SimpleQueue[float] = queue.SimpleQueue()
    waiting: queue.SimpleQueue[Wanted] = queue.SimpleQueue()
    for one in load:
        waiting.put(one)

    def work() -> None:
        while True:
            try:
                one = waiting.get_nowait()
            except queue.Empty:
                return
            seconds = _request(rig, provider, one)
            if seconds is not None:
                waits.put(seconds)
            on_done()

    began = time.time()
    workers = [threading.Thread(target=work, daemon=True) for _ in range(AT_ONCE)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    took = time.time() - began
    rig.settle(load[-1].name)
    times = sorted(waits.get() for _ in range(waits.qsize()))
    return result(
        load,
        rig.ledger.groups(),
        rig.recorder.by_name(),
        began=began,
        seconds=took,
        invocations=rig.invocations(provider) - before,
        p50=times[len(times) // 2] if times else None,
    )


def count_calls(rig: Rig, provider: Provider, *, requests: int = 5) -> dict[str, dict[str, float]]:
    """The calls of DynamoDB that an operation takes, by what is done and then by the call."""
    found: dict[str, Counter[str]] = {name: Counter() for name in ("Create", "Create, delivered again", "Delete")}

    def counted(what: str, event: Event, name: str, answers: int) -> None:
        before = rig.recorder.calls()
        rig.deliver(event)
        rig.recorder.wait_for(name, count=answers, seconds=_PATIENCE)
        time.sleep(_AFTERWARDS)
        found[what] += rig.recorder.calls() - before

    for number in range(requests):
        name = f"{provider.prefix}Counted{number}"
        create = rig.create(provider, name)
        counted("Create", create, name, 1)
        counted("Create, delivered again", create, name, 1)
        answer = rig.recorder.answers(name)[0]
        delete = rig.delete(create, str(answer.fields.get("PhysicalResourceId")))
        counted("Delete", delete, f"{name}-delete", 1)
    return {
        what: {
            target.rpartition(".")[2]: count / requests
            for target, count in calls.items()
            if target.startswith(_DYNAMODB)
        }
        for what, calls in found.items()
    }


def _request(rig: Rig, provider: Provider, one: Wanted) -> float | None:
    """Create, wait, delete, wait, as the article's script did with stacks; returns the time to the first answer."""
    create = rig.create(provider, one.name)
    began = time.monotonic()
    rig.deliver(create)
    if one.again_after is not None:
        time.sleep(one.again_after)
        rig.deliver(create)
    answer = rig.first_answer(one.name, seconds=_PATIENCE)
    if answer is None:
        return None
    seconds = time.monotonic() - began
    rig.deliver(rig.delete(create, str(answer.fields.get("PhysicalResourceId"))))
    rig.first_answer(f"{one.name}-delete", seconds=_PATIENCE)
    return seconds


def result(
    load: Sequence[Wanted],
    groups: Sequence[Group],
    answers: dict[str, list[Answer]],
    *,
    began: float,
    seconds: float,
    invocations: int,
    p50: float | None,
) -> Traffic:
    """What a load came to, from the vendor's ledger and the recorder's answers."""
    names = {one.name for one in load}
    length = int(seconds) + 1
    first, extra, seen = [0] * length, [0] * length, set[str]()
    mine = [group for group in groups if group.name in names]
    for group in mine:
        second = min(length - 1, max(0, int(group.made_at - began)))
        (extra if group.name in seen else first)[second] += 1
        seen.add(group.name)
    different = [
        {(answer.status, answer.fields.get("PhysicalResourceId")) for answer in answers.get(name, [])} for name in names
    ]
    return Traffic(
        requests=len(load),
        again=sum(one.again_after is not None for one in load),
        seconds=seconds,
        first=first,
        extra=extra,
        left=sum(group.exists for group in mine),
        contradictions=sum(len(one) > 1 for one in different),
        unanswered=sum(not one for one in different),
        invocations=invocations,
        p50=p50,
    )
