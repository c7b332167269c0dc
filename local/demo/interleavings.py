"""What can happen between CloudFormation, Lambda and the vendor: each played at a provider, then judged.

Every request ends with the Delete that CloudFormation would send: of the id in the first answer that arrived, also when
that answer was FAILED (a rollback). What exists after that is billed, and nobody knows of it.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from local.demo.rig import Event, Provider, Rig
from local.recorder import Fault
from local.report.custom_resource.experiment import Entry, Interleaving, Outcome, Reply

#: Interleavings that are played at once; each starts some functions, and starting one takes half a second of this
#: machine's processor time.
AT_ONCE = 8
#: Seconds that an answer is waited for: three runs, two waits of Lambda's and three leases fit in.
PATIENCE = 75.0
#: Seconds that the vendor takes where something is to happen meanwhile.
_SLOW = 2.0
#: CDK's framework gives an answer up after six attempts.
_OUTAGE = 7

AGAIN, RIG = "delivered again", "rig"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One request at one provider, about to be played."""

    rig: Rig
    provider: Provider
    name: str
    kill_after: str

    def kill(self, times: int = 1) -> None:
        """Let the next invocations die; CDK's framework and its plain handler know no claim, checkpoint or commit."""
        step = self.kill_after
        if not self.provider.is_ours and step not in {"claim", "respond"}:
            step = "create"
        self.rig.kills.after(step, resource=self.name, times=times)


def _once(scene: Scene, create: Event) -> None:
    scene.rig.deliver(create)


def _twice(scene: Scene, create: Event) -> None:
    scene.rig.deliver(create, times=2)


def _three_times(scene: Scene, create: Event) -> None:
    scene.rig.deliver(create, times=3)


def _again_later(scene: Scene, create: Event) -> None:
    scene.rig.deliver(create)
    scene.rig.first_answer(scene.name, seconds=PATIENCE)
    scene.rig.deliver(create)


def _again_after_delete(scene: Scene, create: Event) -> None:
    scene.rig.deliver(create)
    answer = scene.rig.first_answer(scene.name, seconds=PATIENCE)
    if answer:
        _delete(scene, create, str(answer.fields.get("PhysicalResourceId")))
        scene.rig.deliver(create)


def _killed_once(scene: Scene, create: Event) -> None:
    scene.kill()
    scene.rig.deliver(create)
    if scene.kill_after == "respond":
        scene.rig.first_answer(scene.name, seconds=PATIENCE)
        if not scene.provider.is_ours:
            # The framework's function is the one that answers; Lambda delivers again what it did not finish.
            scene.rig.deliver(create)
        scene.rig.recorder.wait_for(scene.name, count=2, seconds=PATIENCE)


def _killed_and_twice(scene: Scene, create: Event) -> None:
    scene.kill()
    scene.rig.deliver(create, times=2)


def _killed_always(scene: Scene, create: Event) -> None:
    scene.kill(times=3)
    scene.rig.deliver(create)


def _outage(scene: Scene, create: Event) -> None:
    scene.rig.recorder.fail(scene.name, Fault.UNAVAILABLE, times=_OUTAGE)
    scene.rig.deliver(create)


def _resets(scene: Scene, create: Event) -> None:
    scene.rig.recorder.fail(scene.name, Fault.RESET, times=3)
    scene.rig.deliver(create)


def _delete_overlaps(scene: Scene, create: Event) -> None:
    scene.rig.deliver(create)
    time.sleep(0.75 * _SLOW)  # so that its function has surely begun
    # CloudFormation does not know the id yet, and makes one up.
    _delete(scene, create, f"{scene.name}-{create['RequestId'][:8]}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """An interleaving.

    Attributes:
        title: What happens; "{step}" is where the worker dies.
        origin: Who makes it happen.
        act: Makes it happen.
        modes: The vendors at which it makes a difference.
        latency: Seconds that the vendor takes.
        deletes: Whether it has a Delete of its own, after which CloudFormation sends none.
        is_long: Whether it takes most of a minute, and is begun first.
    """

    title: str
    origin: str
    act: Callable[[Scene, Event], None]
    modes: str = "T"
    latency: float = 0.0
    deletes: bool = False
    is_long: bool = False


PLAYS = (
    Play(title="the Create is delivered twice at once", origin=AGAIN, act=_twice),
    Play(title="the Create is delivered three times at once", origin=AGAIN, act=_three_times, modes="TQN"),
    Play(title="the Create is delivered again after its answer", origin=AGAIN, act=_again_later),
    Play(title="the Create is delivered again after its Delete", origin=AGAIN, act=_again_after_delete, deletes=True),
    Play(title="the worker dies after {step}", origin=AGAIN, act=_killed_once, modes="TQN"),
    Play(title="two deliveries, and a worker dies after {step}", origin=AGAIN, act=_killed_and_twice, modes="TQN"),
    Play(title="the worker dies after {step} at every attempt", origin=AGAIN, act=_killed_always, is_long=True),
    Play(title=f"CloudFormation answers the first {_OUTAGE} PUTs with 503", origin=AGAIN, act=_outage, is_long=True),
    Play(title="the first 3 PUTs are cut off", origin=AGAIN, act=_resets),
    Play(
        title="a Delete overlaps its Create", origin=RIG, act=_delete_overlaps, modes="TQN", latency=_SLOW, deletes=True
    ),
)
#: What `--quick` plays.
QUICK = (PLAYS[0], PLAYS[4])


def play_all(
    rig: Rig,
    plays: Sequence[Play],
    *,
    naive: Provider,
    ours: dict[str, Provider],
    kill_after: str,
    on_done: Callable[[], None],
) -> list[Interleaving]:
    """Play each at both providers, some at once; in the given order."""
    parts = [(number, play, mode) for number, play in enumerate(plays) for mode in play.modes]
    pairs = [(naive, part) for part in parts] + [(ours[part[2]], part) for part in parts]
    outcomes: dict[int, Future[Outcome]] = {}

    def work(provider: Provider, part: tuple[int, Play, str]) -> Outcome:
        number, play, mode = part
        name = f"{provider.prefix}Play{number}{mode}"
        outcome = _play(Scene(rig=rig, provider=provider, name=name, kill_after=kill_after), play)
        on_done()
        return outcome

    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        for place in sorted(range(len(pairs)), key=lambda place: not pairs[place][1][1].is_long):
            outcomes[place] = pool.submit(work, *pairs[place])
    return [
        Interleaving(
            title=play.title.format(step=kill_after),
            origin=play.origin,
            mode=mode,
            naive=outcomes[place].result(),
            ours=outcomes[place + len(parts)].result(),
        )
        for place, (_, play, mode) in enumerate(parts)
    ]


def _play(scene: Scene, play: Play) -> Outcome:
    rig, name = scene.rig, scene.name
    create = rig.create(scene.provider, name, latency=play.latency)
    began = time.time()
    play.act(scene, create)
    answer = rig.first_answer(name, seconds=PATIENCE)
    rig.settle(name)
    rig.kills.forget(resource=name)
    fields = answer.fields if answer else {}
    if not play.deletes:
        _delete(scene, create, str(fields.get("PhysicalResourceId", name)))
    return Outcome(
        ledger=entries(rig, name, began),
        replies=[
            Reply(
                seconds=one.at - began,
                status=one.status,
                physical_id=str(one.fields.get("PhysicalResourceId", "")),
                taken=one.taken,
            )
            for one in rig.recorder.answers(name)
        ],
        reason=str(fields.get("Reason", "")) if fields.get("Status") == "FAILED" else "",
        seconds=answer.at - began if answer else None,
    )


def _delete(scene: Scene, create: Event, physical_id: str) -> None:
    """Deliver the Delete, and wait for its answer."""
    event = scene.rig.delete(create, physical_id)
    known = len(scene.rig.recorder.answers(f"{scene.name}-delete"))
    scene.rig.deliver(event)
    scene.rig.recorder.wait_for(f"{scene.name}-delete", count=known + 1, seconds=PATIENCE)


def entries(rig: Rig, name: str, began: float) -> list[Entry]:
    """What the vendor's ledger has of a request."""
    return [
        Entry(
            group=group.id,
            made=group.made_at - began,
            deleted=None if group.deleted_at is None else group.deleted_at - began,
        )
        for group in rig.ledger.of(name)
    ]
