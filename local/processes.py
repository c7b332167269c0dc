"""Child processes that never outlive us, and the signals that end us."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from local.errors import LocalError, last_lines

#: What a terminal, `kill` and a closing window send.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

#: Proxies would be asked for 127.0.0.1; a profile or an endpoint of the user's would lead us to a real account.
_PROXIES = {"http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "no_proxy"}


def clean_environment() -> dict[str, str]:
    """Our environment without what could lead a child to AWS itself or to a proxy."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AWS_") and name.lower() not in _PROXIES
    }


@contextlib.contextmanager
def unwinding_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the program as Ctrl-C does: by an exception, so that every `with` cleans up."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    previous = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell starts what it puts in the background
        previous[signal.SIGINT] = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def deferred_signals() -> Iterator[None]:
    """Keep signals waiting until the block ends: between starting a child and remembering it, and while cleaning up."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python delivers signals to the main thread only
        return
    waiting: list[tuple[int, FrameType | None]] = []
    previous = {number: signal.signal(number, lambda *received: waiting.append(received)) for number in SIGNALS}
    try:
        yield
    finally:
        for own, handler in previous.items():
            signal.signal(own, handler)
        for number, frame in waiting[:1]:
            handler = previous[signal.Signals(number)]
            if callable(handler):
                handler(number, frame)
            else:
                signal.raise_signal(number)


def group_is_alive(group: int) -> bool:
    """Whether a process group has members; ours only, because its id is that of a child we started."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS says so of a group of which only zombies are left
        return False
    return not _only_zombies(group)


def _only_zombies(group: int) -> bool:
    """Whether nothing of a group runs any more, though its orphans wait for an init that is slow to collect them.

    Read from Linux' /proc; elsewhere what is signalled is taken to run.
    """
    found = False
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name before it is in parentheses, and may hold anything.
            state, _parent, process_group = file.read_text(encoding="utf-8").rpartition(")")[2].split()[:3]
        except OSError:  # it has just ended
            continue
        if int(process_group) == group:
            found = True
            if state not in {"Z", "X"}:
                return False
    return found


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def wait_until(condition: Callable[[], bool], *, seconds: float, interval: float = 0.05) -> bool:
    """Poll until the condition holds or the seconds are over; returns whether it held."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(interval)
    return True


def end_group(process: subprocess.Popen[str], *, grace: float = 5.0) -> None:
    """End a child that leads its own session, and whatever it started: SIGTERM, a bounded wait, SIGKILL."""
    with deferred_signals():
        _signal_group(process.pid, signal.SIGTERM)
        # `poll` reaps the leader, whose zombie would otherwise keep the group alive.
        gone = wait_until(lambda: process.poll() is not None and not group_is_alive(process.pid), seconds=grace)
        if not gone:
            _signal_group(process.pid, signal.SIGKILL)
            wait_until(lambda: process.poll() is not None and not group_is_alive(process.pid), seconds=grace)


def start_in_own_group(
    command: list[str], *, environment: dict[str, str], folder: Path, log: Path
) -> subprocess.Popen[str]:
    """Start a child in a session of its own, so that Ctrl-C in the terminal reaches us alone; `log` gets its output."""
    with log.open("a", encoding="utf-8") as output:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


def run(command: list[str], *, environment: dict[str, str], folder: Path, log: Path, what: str) -> None:
    """Run a command to its end; interrupted, it and its children are ended too.

    Raises:
        LocalError: It ended with another status than 0; the message holds the end of its output.
    """
    process: subprocess.Popen[str] | None = None
    try:
        with deferred_signals():
            process = start_in_own_group(command, environment=environment, folder=folder, log=log)
        status = process.wait()
    finally:
        if process is not None:
            end_group(process)
    if status != 0:
        text = log.read_text(encoding="utf-8", errors="replace")
        raise LocalError(f"{what} ended with status {status}; its last lines:\n{last_lines(text)}")
