import itertools
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.errors import LocalError
from local.load import ARTICLE, Segment, Shop, describe, drive, send_times

rates = st.floats(min_value=0, max_value=50)
segments = st.builds(Segment, st.floats(min_value=0.1, max_value=60), rates, rates)


def test_a_steady_rate_sends_at_equal_distances() -> None:
    assert send_times([Segment(2, 2, 2)]) == pytest.approx([0, 0.5, 1, 1.5])


def test_a_ramp_sends_where_its_integral_reaches_the_next_order() -> None:
    # 0 to 2 a second over 4 seconds: t**2 / 4 orders after t seconds.
    assert send_times([Segment(4, 0, 2)]) == pytest.approx([0, 2, 8**0.5, 12**0.5])


def test_a_segment_begins_where_the_one_before_ended() -> None:
    assert send_times([Segment(1, 2, 2), Segment(1, 3, 3)]) == pytest.approx([0, 0.5, 1, 4 / 3, 5 / 3])


def test_a_pause_sends_nothing() -> None:
    assert send_times([Segment(1, 1, 1), Segment(5, 0, 0), Segment(1, 1, 1)]) == pytest.approx([0, 6])


@given(st.lists(segments, max_size=5))
def test_as_many_orders_as_the_area_under_the_rate_in_order_and_in_time(load: list[Segment]) -> None:
    times = send_times(load)

    area = sum(seconds * (start + end) / 2 for seconds, start, end in load)
    assert area - 1e-6 <= len(times) < area + 1 + 1e-6
    assert all(before <= after + 1e-9 for before, after in itertools.pairwise(times))
    assert all(0 <= at <= sum(segment.seconds for segment in load) + 1e-9 for at in times)


@pytest.mark.parametrize("segment", [Segment(0, 1, 1), Segment(-1, 1, 1), Segment(1, -1, 1), Segment(1, 1, -1)])
def test_a_segment_that_cannot_be_is_refused_by_its_values(segment: Segment) -> None:
    with pytest.raises(ValueError, match="a segment needs seconds above 0 and rates from 0, got Segment"):
        send_times([segment])


def test_the_default_load_overruns_a_courier_who_takes_ten_a_second_with_some_hundreds_of_orders() -> None:
    assert 300 <= len(send_times(ARTICLE)) <= 700
    assert ARTICLE[-1].end == 15
    assert describe(ARTICLE).startswith(f"{len(send_times(ARTICLE))} orders in ")


class Webhook(BaseHTTPRequestHandler):
    received: ClassVar[list[dict[str, str]]] = []
    lock: ClassVar[threading.Lock] = threading.Lock()

    def do_POST(self) -> None:
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.lock:
            self.received.append(order)
        refused = order["order_id"].endswith("0001")
        self.send_response(503 if refused else 200)
        self.end_headers()
        self.wfile.write(b"not JSON" if refused else json.dumps({"correlation_id": f"c-{order['order_id']}"}).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        pass


@pytest.fixture
def webhook() -> Iterator[str]:
    Webhook.received.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/notify"
    server.shutdown()
    server.server_close()


def test_each_order_is_posted_once_with_its_own_id_and_what_the_hub_answered_is_kept(webhook: str) -> None:
    seen = []

    sent = drive(Shop(webhook, prefix="x"), [0.0, 0.0, 0.01], on_sent=lambda one: seen.append(one.number))

    assert [one.order_id for one in sent] == ["x-0000", "x-0001", "x-0002"]
    assert sorted(order["order_id"] for order in Webhook.received) == ["x-0000", "x-0001", "x-0002"]
    assert [one.status for one in sent] == [200, 503, 200]
    assert [one.taken for one in sent] == [True, False, True]
    assert [one.correlation_id for one in sent] == ["c-x-0000", "", "c-x-0002"]
    assert sorted(seen) == [0, 1, 2]


def test_a_webhook_that_does_not_answer_leaves_a_record_too() -> None:
    [sent] = drive(Shop("http://127.0.0.1:9/notify", prefix="x"), [0.0])

    assert (sent.status, sent.taken, sent.correlation_id) == (0, False, "")


@pytest.mark.parametrize("address", ["https://a/b", "ftp://a", "notify", ""])
def test_an_address_that_is_no_local_webhook_is_refused(address: str) -> None:
    with pytest.raises(LocalError, match="must begin with http:// and name a host"):
        Shop(address, prefix="x")
