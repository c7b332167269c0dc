"""Outcome objects: whatever their form and order, each order counts once, with what was recorded last."""

import gzip
import io
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from constructs_lib.runtime.delayed_check.contract import DETAIL_TYPE
from constructs_lib.runtime.delayed_check.outcome import detail_of
from constructs_lib.runtime.delayed_check.row import Row, State
from local.__main__ import main
from local.errors import LocalError
from local.report.delayed_check.objects import (
    Detail,
    download,
    events_of,
    newest,
    read,
    read_saved,
)
from local.report.delayed_check.terminal import show_objects

NOON = 1_767_268_800_000


def detail(
    unit: str,
    state: State,
    *,
    revision: int = 2,
    after: int = 0,
    arm: str | None = "call",
    **more: Any,  # noqa: ANN401 - of a row
) -> dict[str, Any]:
    """What the library publishes of a row."""
    row = Row(
        unit=unit,
        state=state,
        arm=arm,
        experiment="key",
        version=1,
        recorded_at=NOON + after,
        revision=revision,
        **more,
    )
    found = detail_of("checks", row)
    assert found is not None
    return found


UNKNOWN = detail("order-1", State.UNKNOWN, revision=3, after=5)
DIALED = detail("order-1", State.DIALED, revision=4, after=5, provider_id="CA1")
# By a clock that is behind.
OUTCOME = detail("order-1", State.OUTCOME, revision=5, outcome="answered")
NAMED = detail("order-1", State.OUTCOME, revision=6, outcome="answered", provider_id="CA1")


@pytest.mark.parametrize("arrived", list(itertools.permutations([UNKNOWN, DIALED, OUTCOME, NAMED])))
def test_an_order_counts_once_with_its_highest_revision_in_whatever_order_it_came(arrived: list[Detail]) -> None:
    other = detail("order-2", State.CONTROL, arm="control")

    assert newest([*arrived, other, *arrived]) == newest([other, NAMED])


@given(st.permutations([UNKNOWN, DIALED, OUTCOME, UNKNOWN, DIALED]))
def test_events_of_the_result_stand_in_the_order_of_their_revisions(arrived: list[Detail]) -> None:
    events = events_of(arrived, epoch=NOON / 1000)["order-1"]

    assert [(event.state, event.recorded_at) for event in events] == [
        ("UNKNOWN", 0.005),
        ("UNKNOWN", 0.005),
        ("DIALED", 0.005),
        ("DIALED", 0.005),
        ("OUTCOME", 0.0),
    ]
    assert (events[-1].arm, events[-1].outcome) == ("call", "answered")
    assert len({event.event_id for event in events}) == 1


def forms(one: Detail, other: Detail) -> dict[str, bytes]:
    """Two events as they may lie in an object."""
    event = json.dumps({"version": "0", "detail-type": DETAIL_TYPE, "detail": one})
    return {
        "lines": f"{json.dumps(one)}\n\n{json.dumps(other)}\n".encode(),
        "no newline between": f"{json.dumps(one)}{json.dumps(other)}".encode(),
        "pretty": f"{json.dumps(one, indent=2)}\r\n{json.dumps(other, indent=2)}".encode(),
        "whole events": f"{event}\n{json.dumps(other)}".encode(),
        "gzip": gzip.compress(f"{json.dumps(one)}\n{json.dumps(other)}\n".encode()),
    }


@pytest.mark.parametrize("form", forms(DIALED, UNKNOWN))
def test_objects_are_read_in_every_form_in_which_firehose_may_write_them(tmp_path: Path, form: str) -> None:
    folder = tmp_path / "2026" / "11"
    folder.mkdir(parents=True)
    (folder / "part-1").write_bytes(forms(DIALED, UNKNOWN)[form])
    (folder / ".half").write_bytes(b"{")

    found = read(tmp_path)

    assert (found.details, found.files, found.others) == ([DIALED, UNKNOWN], 1, 0)


def test_what_is_no_outcome_event_is_counted_and_left_out(tmp_path: Path) -> None:
    strange = [
        [],
        7,
        {"unit": "order-1"},
        {"detail-type": "Another", "detail": UNKNOWN},
        {**UNKNOWN, "recorded_at": "?"},
        {**UNKNOWN, "revision": "3"},
    ]
    (tmp_path / "part-1").write_text("\n".join(map(json.dumps, [*strange, UNKNOWN])))
    (tmp_path / "empty").touch()

    found = read(tmp_path)

    assert (found.details, found.files, found.others) == ([UNKNOWN], 2, 6)


@pytest.mark.parametrize(
    "content", [b'{"unit": ', b"\xff\xfe", gzip.compress(b"{}")[:-9], b"\x1f\x8b\x08\x00damaged...."]
)
def test_a_damaged_object_is_named_and_never_left_out(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "part-1").write_bytes(content)

    with pytest.raises(LocalError, match=r"part-1 (has something that is not JSON|cannot be read)"):
        read(tmp_path)


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="is no folder: give the one with the outcome objects") as caught:
        read(tmp_path / "missing")

    assert caught.value.exit_code == 2


def write_saved(file: Path, saved: dict[str, bool]) -> None:
    lines = [json.dumps({"unit": unit, "saved": is_saved}) + "\n" for unit, is_saved in saved.items()]
    file.write_text("".join(lines), encoding="utf-8")


def test_saved_orders_are_read_as_they_were_written(tmp_path: Path) -> None:
    saved = {"order-1": True, "order-2": False}

    write_saved(tmp_path / "orders", saved)

    assert read_saved(tmp_path / "orders") == saved
    (tmp_path / "orders").write_text('{"unit": "order-1", "saved": "yes"}')
    with pytest.raises(LocalError, match=r'must have lines such as .*, got \{"unit": "order-1", "saved": "yes"\}'):
        read_saved(tmp_path / "orders")


class FakeS3:
    """A bucket with two pages of objects."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self._objects = objects

    def client(self, _service: str) -> "FakeS3":
        return self

    def get_paginator(self, _operation: str) -> "FakeS3":
        return self

    def paginate(self, **_bucket: str) -> list[dict[str, Any]]:
        return [{}, *({"Contents": [{"Key": key}]} for key in self._objects)]

    def get_object(self, *, Key: str, **_bucket: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        return {"Body": io.BytesIO(self._objects[Key])}


def test_a_bucket_comes_down_flat_in_place_of_an_earlier_run(tmp_path: Path) -> None:
    folder = tmp_path / "outcomes"
    line = json.dumps(UNKNOWN).encode()
    stale: Any = FakeS3({f"old/{number}": line for number in range(3)})
    bucket: Any = FakeS3({"2026/11/21/a b": line, "../../escaped": gzip.compress(line), "x" * 500: line})

    download(stale, "bucket", folder)
    count = download(bucket, "bucket", folder)

    assert count == 3
    assert read(folder).details == [UNKNOWN] * 3
    assert [file.name for file in tmp_path.iterdir()] == ["outcomes"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Newcombe's first example as outcome objects, each event twice; and an order of another check."""
    details = [detail(f"call-{n}", State.OUTCOME, outcome="answered") for n in range(70)]
    details += [detail(f"control-{n}", State.CONTROL, arm="control") for n in range(80)]
    details += [{**detail("order-1", State.EXPIRED, arm=None), "check": "[other]", "experiment": None, "version": None}]
    outcomes = tmp_path / "outcomes"
    outcomes.mkdir()
    for number, one in enumerate(details * 2):
        (outcomes / f"part-{number}").write_text(json.dumps(one))
    saved = {f"call-{n}": n < 56 for n in range(70)} | {f"control-{n}": n < 48 for n in range(80)}
    write_saved(tmp_path / "orders", saved)
    return tmp_path


def test_the_report_prints_arms_outcomes_and_lift_of_objects(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "180")

    code = main(["report", "--outcomes", str(folder / "outcomes"), "--orders", str(folder / "orders")])

    text = capsys.readouterr().out
    assert code == 0
    assert "302 objects with 302 outcome events of 151 orders" in text
    assert "Check checks, experiment key, version 1" in text
    assert "Check [other], in no experiment" in text
    assert "control (not contacted)" in text
    assert "+20.0 points (+5.2 to +33.4)" in text
    assert "70 answered" in text
    assert "├" in text


def test_without_the_orders_there_is_no_lift_and_the_report_says_why(folder: Path) -> None:
    console = Console(width=180, record=True, file=io.StringIO())

    show_objects(read(folder / "outcomes"), {}, console)

    text = console.export_text()
    assert "for the lift, name a file with --orders" in text
    assert "not known" in text
    assert "points" not in text


def test_orders_alone_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--orders", str(tmp_path / "orders")]) == 2

    assert capsys.readouterr().err == (
        "error: --orders says which orders were saved: name the outcome events with --outcomes\n"
    )
