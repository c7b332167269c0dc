"""The server behind ResponseURL: nothing that a function answers may be lost, and every fault must be one."""

import http.client
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from local.recorder import Fault, Recorder


def put(url: str, body: bytes, *, timeout: float = 10) -> int:
    parts = urllib.parse.urlsplit(url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        connection.request("PUT", parts.path, body=body)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder(patience=0.05) as running:
        yield running


def test_every_answer_is_kept_as_it_arrived_under_its_name(recorder: Recorder) -> None:
    assert put(recorder.url("web/1"), b'{"Status": "SUCCESS"}') == 200
    assert put(recorder.url("web/1"), b'{"Status":"SUCCESS" }') == 200
    put(recorder.url("other"), b"[]")

    first, second = recorder.answers("web/1")
    assert (first.body, second.body) == (b'{"Status": "SUCCESS"}', b'{"Status":"SUCCESS" }')
    assert first.status == "SUCCESS"
    assert first.at <= second.at
    assert {name: len(answers) for name, answers in recorder.by_name().items()} == {"web/1": 2, "other": 1}


@pytest.mark.parametrize("body", [b"", b"no json", b"[]"])
def test_what_is_no_answer_says_neither_success_nor_failure(recorder: Recorder, body: bytes) -> None:
    put(recorder.url("web"), body)

    assert recorder.answers("web")[0].status == ""


@pytest.mark.parametrize(("fault", "status"), [(Fault.UNAVAILABLE, 503), (Fault.FORBIDDEN, 403)])
def test_an_answer_is_refused_as_often_as_commanded(recorder: Recorder, fault: Fault, status: int) -> None:
    recorder.fail("web", fault, times=2)

    assert [put(recorder.url("web"), b"{}") for _ in range(3)] == [status, status, 200]
    assert [answer.taken for answer in recorder.answers("web")] == [False, False, True]


def test_an_outage_lasts_until_it_is_healed_and_leaves_other_names_alone(recorder: Recorder) -> None:
    recorder.fail("web", Fault.UNAVAILABLE)

    assert [put(recorder.url("web"), b"{}") for _ in range(3)] == [503, 503, 503]
    assert put(recorder.url("other"), b"{}") == 200
    recorder.heal("web")
    assert put(recorder.url("web"), b"{}") == 200


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.HANG])
def test_a_connection_ends_without_a_word(recorder: Recorder, fault: Fault) -> None:
    recorder.fail("web", fault, times=1)

    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        put(recorder.url("web"), b"{}")
    assert put(recorder.url("web"), b"{}") == 200


def test_waiting_ends_with_the_answer_that_was_taken(recorder: Recorder) -> None:
    recorder.fail("web", Fault.UNAVAILABLE, times=1)
    put(recorder.url("web"), b"{}")
    assert not recorder.wait_for("web", seconds=0)

    sender = threading.Thread(target=put, args=(recorder.url("web"), b"{}"))
    sender.start()
    assert recorder.wait_for("web", seconds=10)
    sender.join()


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(202)
        self.send_header("X-Amz-Function-Error", "Unhandled")
        self.end_headers()
        self.wfile.write(f"{self.path} {self.headers['Authorization']} {self.headers['Host']} {body!r}".encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@pytest.fixture
def emulator() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_anything_else_is_handed_on_as_it_is(emulator: str) -> None:
    with Recorder(forward_to=emulator) as recorder:
        connection = http.client.HTTPConnection(recorder.host)
        connection.request("POST", "/functions/a%2Fb?x=1", body=b"{}", headers={"Authorization": "AWS4"})
        response = connection.getresponse()
        content = response.read().decode()
        connection.close()

        assert response.status == 202
        assert response.headers["X-Amz-Function-Error"] == "Unhandled"
        # The signature covers the host that the caller thinks it speaks to.
        assert content == f"/functions/a%2Fb?x=1 AWS4 {recorder.host} b'{{}}'"
        assert recorder.by_name() == {}


def test_a_body_in_pieces_is_handed_on_whole(emulator: str) -> None:
    with Recorder(forward_to=emulator) as recorder:
        connection = http.client.HTTPConnection(recorder.host)
        connection.request("POST", "/x", body=iter([b'{"a"', b": 1}"]), headers={"Authorization": "AWS4"})
        assert connection.getresponse().read().endswith(b"b'{\"a\": 1}'")
        connection.close()


def test_without_an_emulator_behind_it_nothing_else_is_found(recorder: Recorder) -> None:
    assert put(recorder.endpoint + "/2015-03-31/functions", b"{}") == 404


def test_what_cannot_be_handed_on_is_a_bad_gateway() -> None:
    with Recorder() as gone:
        address = gone.endpoint
    with Recorder(forward_to=address) as recorder:
        assert put(recorder.endpoint + "/x", b"") == 502


def test_it_listens_to_this_machine_only_and_ends_with_its_block() -> None:
    with Recorder() as recorder:
        assert recorder.host.startswith("127.0.0.1:")
        url = recorder.url("web")

    with pytest.raises(ConnectionRefusedError):
        put(url, b"{}")


def test_one_that_does_not_run_has_no_address() -> None:
    with pytest.raises(RuntimeError, match="the recorder is not running: use it in a with statement"):
        Recorder().url("web")
