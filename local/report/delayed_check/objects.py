"""The outcome events where they land as objects: downloaded, read, and the newest of each order kept.

An object holds JSON values one after the other, a line each or not, gzipped or not: outcome details, or the whole
events of EventBridge with the detail inside. `newest` is what the guide's view does over the bucket.
"""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from constructs_lib.runtime.delayed_check.contract import DETAIL_TYPE
from constructs_lib.runtime.delayed_check.row import State
from local.clients import Clients
from local.errors import LocalError
from local.report.delayed_check.experiment import Event

_GZIP = b"\x1f\x8b"

Detail = Mapping[str, Any]


class Found(NamedTuple):
    """What a folder of objects holds.

    Attributes:
        details: Of all outcome events, in no order; an order's may come several times.
        files: How many objects there were.
        others: JSON values that are no outcome event.
    """

    details: list[Detail]
    files: int
    others: int


def download(clients: Clients, bucket: str, folder: Path) -> int:
    """Put every object of a bucket into a folder, flat, in place of those of an earlier time; how many there were."""
    client = clients.client("s3")
    folder.mkdir(parents=True, exist_ok=True)
    for earlier in folder.glob(f"{'[0-9]' * 6}-*.json"):
        earlier.unlink()
    count = 0
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", []):
            body = client.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
            # A key may have any character, "/" and ".." included.
            readable = "".join(c if c.isalnum() or c in "-_" else "_" for c in entry["Key"])[-120:]
            (folder / f"{count:06}-{readable}.json").write_bytes(body)
            count += 1
    return count


def read(folder: Path) -> Found:
    """Everything in a folder's files.

    Raises:
        LocalError: The folder or a file cannot be read, or a file has something that is not JSON.
    """
    if not folder.is_dir():
        raise LocalError(f"{folder} is no folder: give the one with the outcome objects", exit_code=2)
    files = sorted(file for file in folder.rglob("*") if file.is_file() and not file.name.startswith("."))
    details: list[Detail] = []
    others = 0
    for file in files:
        for value in _values(file):
            detail = _detail(value)
            if detail is None:
                others += 1
            else:
                details.append(detail)
    return Found(details, len(files), others)


def newest(details: Iterable[Detail]) -> list[Detail]:
    """Of each event id the detail with the highest revision, in the order of the ids."""
    kept: dict[str, Detail] = {}
    for detail in details:
        known = kept.get(detail["event_id"])
        if known is None or detail["revision"] > known["revision"]:
            kept[detail["event_id"]] = detail
    return [kept[event_id] for event_id in sorted(kept)]


def events_of(details: Iterable[Detail], *, epoch: float) -> dict[str, list[Event]]:
    """The events of each order for the experiment's result, oldest first.

    Args:
        details: As they were read.
        epoch: When the version's run began, in seconds since the epoch.
    """
    found: dict[str, list[Event]] = {}
    for detail in sorted(details, key=lambda detail: detail["revision"]):
        found.setdefault(detail["unit"], []).append(
            Event(
                event_id=detail["event_id"],
                state=detail["state"],
                revision=detail["revision"],
                recorded_at=round(_seconds(detail["recorded_at"]) - epoch, 3),
                arm=detail.get("arm"),
                outcome=detail.get("outcome"),
            )
        )
    return found


def read_saved(file: Path) -> dict[str, bool]:
    """Which orders were saved, from lines such as {"unit": "order-1", "saved": true}.

    Raises:
        LocalError: The file cannot be read, or a line is none such.
    """
    saved: dict[str, bool] = {}
    for value in _values(file):
        unit, is_saved = (value.get("unit"), value.get("saved")) if isinstance(value, dict) else (None, None)
        if not isinstance(unit, str) or not isinstance(is_saved, bool):
            wanted = '{"unit": "order-1", "saved": true}'
            raise LocalError(f"{file} must have lines such as {wanted}, got {json.dumps(value)[:80]}")
        saved[unit] = is_saved
    return saved


def _values(file: Path) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    try:
        content = file.read_bytes()
        text = (gzip.decompress(content) if content.startswith(_GZIP) else content).decode()
        place = _skip(text, 0)
        while place < len(text):
            value, end = decoder.raw_decode(text, place)
            yield value
            place = _skip(text, end)
    except OSError as error:
        raise LocalError(f"{file} cannot be read ({error.strerror or error})", exit_code=2) from None
    except (ValueError, EOFError, zlib.error) as error:
        raise LocalError(f"{file} has something that is not JSON ({error}): fetch it again") from None


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def _detail(value: object) -> Detail | None:
    """The detail of an outcome event; None of anything else."""
    if isinstance(value, dict) and value.get("detail-type") == DETAIL_TYPE:
        value = value.get("detail")
    if not isinstance(value, dict) or not all(isinstance(value.get(name), str) for name in ("event_id", "unit")):
        return None
    try:
        _seconds(value["recorded_at"])
    except (KeyError, TypeError, ValueError):
        return None
    return value if isinstance(value.get("revision"), int) and value.get("state") in set(State) else None


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()
