"""Conducts one version's run: warm up, send, watch, wait until every order's fate is known."""

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from local.addresses import local_address
from local.demo.observer import Hub, Observer
from local.deploy import Outputs
from local.emulator import Emulator
from local.errors import LocalError
from local.load import SENDERS, Sent, Shop, drive
from local.measure import Run

#: Orders sent at once before the measured ones: as many as can be under way at the webhook, so that its functions run.
WARM_UP = SENDERS
#: Seconds for which each part of the warm-up may take; orders that Lambda retries after that are too few to matter.
_WARM_UP_PATIENCE = 75.0
#: Seconds after the warm-up in which the courier's token bucket fills up and the last workers end.
_REST = 3.0
#: Seconds between two looks at the logs.
_LOOK = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Conducted:
    """One version's run, and the observer that still has its logs."""

    run: Run
    observer: Observer


@contextmanager
def timed(console: Console, what: str) -> Iterator[None]:
    """Say what is being done, and in the end how long it took."""
    began = time.monotonic()
    with console.status(f"{what} ..."):
        yield
    console.print(f"{what}: {time.monotonic() - began:.0f} s")


class Conductor:
    """Runs the load against one version.

    Args:
        emulator: Where it runs.
        outputs: Of the deployment.
        hub: The version.
        console: Where progress is shown.
        patience: Seconds after the load for which outcomes are waited for.
    """

    def __init__(self, emulator: Emulator, outputs: Outputs, hub: Hub, *, console: Console, patience: float) -> None:
        self._webhook = local_address(outputs[hub.stack]["WebhookUrl"], endpoint=emulator.endpoint)
        self._observer = Observer(emulator, outputs, hub)
        self._hub = hub
        self._console = console
        self._patience = patience

    def conduct(self, times: Sequence[float]) -> Conducted:
        """Send one order at each of these seconds, and wait for what becomes of it.

        Raises:
            LocalError: The version took no order at all.
        """
        title = self._hub.title
        with timed(self._console, f"{title}: warming up with {WARM_UP + self._hub.workers} orders, not counted"):
            self._warm_up()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console) as progress:
            sending = progress.add_task(f"{title}: orders sent", total=len(times))
            delivering = progress.add_task(f"{title}: orders delivered", total=len(times))
            sent = self._send(times, progress, sending, delivering)
            cut = self._await_outcomes(sent, progress, delivering)
        if not any(one.taken for one in sent):
            raise LocalError(f"{title}: the webhook at {self._webhook} took no order; it answered {sent[0].status}")
        run = self._observer.run(sent, cut=cut)
        self._console.print(f"{title}: {len(run.calls)} calls for {len(sent)} orders{f'; {cut}' if cut else ''}")
        return Conducted(run=run, observer=self._observer)

    def _warm_up(self) -> None:
        # First what every order passes, so that the many functions after it do not all wait for a cold courier.
        sent = drive(Shop(self._webhook, prefix=f"warm-up-{self._hub.prefix}-webhook"), [0.0] * WARM_UP)
        self._settle({one.order_id for one in sent if one.taken})
        self._settle(self._observer.start_functions())
        time.sleep(_REST)

    def _settle(self, orders: set[str]) -> None:
        deadline = time.monotonic() + _WARM_UP_PATIENCE
        self._observer.look()
        while not self._observer.settled(orders) and time.monotonic() < deadline:
            time.sleep(_LOOK)
            self._observer.look()

    def _send(self, times: Sequence[float], progress: Progress, sending: TaskID, delivering: TaskID) -> list[Sent]:
        # In a thread of its own, so that this one can watch, and be interrupted.
        shop = Shop(self._webhook, prefix=self._hub.prefix)
        answer: queue.SimpleQueue[list[Sent]] = queue.SimpleQueue()

        def work() -> None:
            answer.put(drive(shop, times, on_sent=lambda _sent: progress.advance(sending)))

        sender = threading.Thread(target=work, daemon=True)
        sender.start()
        while sender.is_alive():
            sender.join(_LOOK)
            self._show(progress, delivering)
        return answer.get_nowait()

    def _await_outcomes(self, sent: Sequence[Sent], progress: Progress, delivering: TaskID) -> str:
        """Returns why the wait was given up; empty when it was not."""
        taken = {one.order_id for one in sent if one.taken}
        deadline = time.monotonic() + self._patience
        while True:
            self._show(progress, delivering)
            if self._observer.settled(taken) or self._observer.quiet():
                return ""
            if time.monotonic() > deadline:
                return f"the wait for outcomes was cut {self._patience:g} s after the load"
            time.sleep(_LOOK)

    def _show(self, progress: Progress, delivering: TaskID) -> None:
        self._observer.look()
        own = f"{self._hub.prefix}-"
        progress.update(delivering, completed=sum(1 for order in self._observer.delivered() if order.startswith(own)))
