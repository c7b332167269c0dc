import json
import logging
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from constructs_lib.runtime.custom_resource import https
from constructs_lib.runtime.custom_resource.contract import TICK
from constructs_lib.runtime.custom_resource.errors import StartFailed
from constructs_lib.runtime.custom_resource.outbound import Outbound, execution_name
from constructs_lib.runtime.custom_resource.steps import Answer, Start
from tests.runtime.custom_resource.loopback import GARBAGE, HANG, HANG_UP, RESET, Loopback, Reply, serving

BODY = '{"Reason":"ü"}'
PATH = "/arn%3Aaws%7CGroup?X-Amz-Signature=5ec2e7"
#: A port that nobody listens on.
NOWHERE = "http://127.0.0.1:9"


class World:
    """A clock that only pauses move."""

    def __init__(self, share: float = 0.5) -> None:
        self.now = 100.0
        self.pauses: list[float] = []
        self.outbound = Outbound(sleep=self.sleep, clock=lambda: self.now, random=lambda: share)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def put(self, server: Loopback, *, seconds: float = 60.0) -> Answer:
        return self.outbound.put(server.endpoint + PATH, BODY, seconds=seconds)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


# ---- the answer ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 204])
def test_an_answer_is_put_once(status: int) -> None:
    with serving(Reply(status)) as server:
        assert World().put(server) is Answer.DELIVERED

    (request,) = server.received
    assert (request.method, request.path, request.body) == ("PUT", PATH, BODY.encode())
    # CloudFormation signs the URL for an empty content type.
    assert (request.headers["Content-Type"], request.headers["Content-Length"]) == ("", str(len(BODY.encode())))
    assert "Transfer-Encoding" not in request.headers


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 411, 412, 418])
def test_a_url_that_is_refused_is_not_tried_again(status: int) -> None:
    with serving(Reply(status), Reply(200)) as server:
        assert World().put(server) is Answer.REFUSED

    assert len(server.received) == 1


@pytest.mark.parametrize("trouble", [500, 502, 503, 504, 408, 429, 307, 301, RESET, HANG_UP, GARBAGE])
def test_passing_trouble_is_tried_through_with_the_same_body(trouble: int | str) -> None:
    with serving(Reply(trouble), Reply(trouble), Reply(200)) as server:
        assert World().put(server) is Answer.DELIVERED

    assert [request.body for request in server.received] == [BODY.encode()] * 3


@pytest.mark.parametrize("trouble", [503, RESET])
def test_there_are_eight_tries_at_most(trouble: int | str) -> None:
    world = World()
    with serving(Reply(trouble)) as server:
        assert world.put(server, seconds=1000) is Answer.FAILED

    assert len(server.received) == 8
    assert world.pauses == [0.125, 0.25, 0.5, 1, 2, 4, 4]


def test_tries_end_with_the_time() -> None:
    world = World()
    with serving(Reply(503)) as server:
        assert world.put(server, seconds=2) is Answer.FAILED

    # The next pause would end too late: it is not begun.
    assert world.pauses == [0.125, 0.25, 0.5, 1]
    assert len(server.received) == 5


@pytest.mark.parametrize("seconds", [0, -5])
def test_without_time_nothing_is_tried(seconds: float) -> None:
    with serving(Reply(200)) as server:
        assert World().put(server, seconds=seconds) is Answer.FAILED

    assert server.received == []


def test_a_server_that_never_answers_is_given_up() -> None:
    world = World(share=1.0)
    with serving(Reply(HANG)) as server:
        assert world.put(server, seconds=0.2) is Answer.FAILED

    assert len(server.received) == 1


def test_one_try_never_gets_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []

    def put(_url: str, _body: bytes, *, timeout: float) -> int:
        given.append(timeout)
        return 503

    monkeypatch.setattr(https, "put", put)
    World(share=1.0).outbound.put("https://x", BODY, seconds=6)

    # Pauses of 0.25, 0.5, 1, 2 and then 2.25 seconds are left, in which no pause of 4 fits.
    assert given == [5, 5, 5, 4.25, 2.25]


def test_a_closed_port_and_an_unknown_name_are_passing_trouble() -> None:
    assert World().outbound.put(NOWHERE, BODY, seconds=1) is Answer.FAILED
    assert World().outbound.put("http://does-not-exist.invalid/", BODY, seconds=0.2) is Answer.FAILED


def test_a_redirect_is_not_followed() -> None:
    with serving(Reply(200)) as elsewhere, serving(Reply(307, headers={"Location": elsewhere.endpoint})) as server:
        assert World().put(server, seconds=0.1) is Answer.FAILED

    assert elsewhere.received == []


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Reply(200)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.endpoint)

        assert World().outbound.put("http://s3.example/key?a=b", BODY, seconds=1) is Answer.DELIVERED

    assert [request.path for request in proxy.received] == ["http://s3.example/key?a=b"]


def test_https_goes_through_a_proxy_in_a_tunnel(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(Reply(407)) as proxy:
        monkeypatch.setenv("https_proxy", proxy.endpoint)

        # What the proxy says tells nothing about the URL.
        assert World().outbound.put("https://s3.example/key?a=b", BODY, seconds=0.1) is Answer.FAILED

    assert {(request.method, request.path) for request in proxy.received} == {("CONNECT", "s3.example:443")}
    assert "OSError: Tunnel connection failed: 407" in caplog.text


def test_a_host_that_is_excepted_is_reached_without_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Reply(200)) as server, serving(Reply(503)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.endpoint)
        monkeypatch.setenv("no_proxy", "127.0.0.1")

        assert World().put(server) is Answer.DELIVERED

    assert proxy.received == []


def test_a_host_without_a_certificate_gets_no_answer() -> None:
    with serving(Reply(200)) as server:
        url = server.endpoint.replace("http:", "https:") + PATH
        assert World().outbound.put(url, BODY, seconds=0.1) is Answer.FAILED

    assert server.received == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1:9/x", "data:,x"])
def test_nothing_but_http_is_opened(url: str) -> None:
    assert World().outbound.put(url, BODY, seconds=0.1) is Answer.FAILED


def test_the_time_is_for_all_addresses_of_a_host_together(monkeypatch: pytest.MonkeyPatch) -> None:
    # S3 has eight; without a route to them, each would use up the time of a whole try.
    tried: list[float] = []
    addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"192.0.2.{n}", 443)) for n in range(8)]

    def create_connection(*_: Any, timeout: float, **__: Any) -> socket.socket:  # noqa: ANN401 - as socket has it
        tried.append(timeout)
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
    monkeypatch.setattr(socket, "create_connection", create_connection)
    monkeypatch.setattr(https, "monotonic", lambda: 100.0 + sum(tried))
    with pytest.raises(OSError, match="timed out"):
        https.put("https://s3.example", b"", timeout=4)

    assert tried == pytest.approx([0.5] * 8)


def test_the_second_address_is_tried_when_the_first_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Reply(200)) as server:
        closed, open_ = (
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, server.port)) for host in ("127.0.0.9", "127.0.0.1")
        )
        monkeypatch.setattr(socket, "getaddrinfo", _only_for("s3.example", [closed, open_]))

        assert https.put(f"http://s3.example:{server.port}", b"x", timeout=5) == 200


def _only_for(name: str, answer: list[Any]) -> Callable[..., list[Any]]:
    real = socket.getaddrinfo
    return lambda host, *rest, **more: answer if host == name else real(host, *rest, **more)


def test_a_person_on_call_sees_why_and_no_signature(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        with serving(Reply(503, headers={"Location": PATH}), Reply(RESET), Reply(403, body=PATH.encode())) as server:
            World().put(server)
        World().outbound.put(NOWHERE + PATH, BODY, seconds=0.01)
        World().outbound.put("http://127.0.0.1:x" + PATH, BODY, seconds=0.01)

    lines = caplog.text
    assert "in try 1 of 8: HTTP 503" in lines
    assert "in try 2 of 8: ConnectionResetError" in lines
    assert "CloudFormation refused the answer for good: HTTP 403" in lines
    assert "ConnectionRefusedError: Connection refused" in lines
    assert not any(part in lines for part in ("5ec2e7", "Group", "Reason"))


# ---- the polling ---------------------------------------------------------------------------------------------------

MACHINE = "arn:aws:states:ap-south-1:123456789012:stateMachine:poller"
FUNCTION = "arn:aws:lambda:ap-south-1:123456789012:function:provider"
START = Start(key="s|Group", request_id="r-1", attempt=1, next_in=4.2)


@pytest.fixture
def step_functions(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Loopback]]:
    with serving(Reply(200, b'{"executionArn": "arn:x", "startDate": 1}')) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)

        def answering(reply: Reply) -> Loopback:
            server.say(reply)
            return server

        yield answering


def refusal(code: str) -> Reply:
    return Reply(400, json.dumps({"__type": code, "message": "because"}).encode())


def start(outbound: Outbound, what: Start = START) -> None:
    outbound.start(what, state_machine_arn=MACHINE, function_arn=FUNCTION)


def test_polling_is_started_with_ids_only(step_functions: Callable[..., Loopback]) -> None:
    server = step_functions(Reply(200, b'{"executionArn": "arn:x", "startDate": 1}'))

    start(Outbound())

    (request,) = server.received
    content = json.loads(request.body)
    assert request.headers["X-Amz-Target"] == "AWSStepFunctions.StartExecution"
    assert request.headers["Authorization"].split("/")[2] == "ap-south-1"
    assert (content["stateMachineArn"], content["name"]) == (MACHINE, execution_name(START))
    assert json.loads(content["input"]) == {
        "function": FUNCTION,
        TICK: {"pk": "s|Group", "request_id": "r-1"},
        # A fraction of a second would stop the execution.
        "next_in": 5,
    }


def test_a_started_loop_stays_as_it_is(step_functions: Callable[..., Loopback]) -> None:
    server = step_functions(refusal("ExecutionAlreadyExists"))

    start(Outbound())

    assert len(server.received) == 1


def test_a_loop_that_cannot_be_started_says_why(step_functions: Callable[..., Loopback]) -> None:
    step_functions(refusal("AccessDeniedException"))

    with pytest.raises(StartFailed, match="stateMachine:poller could not be started: AccessDeniedException: because"):
        start(Outbound())


def test_step_functions_out_of_reach_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOWHERE)

    with pytest.raises(StartFailed, match="could not be started: EndpointConnectionError"):
        start(Outbound())


def test_an_execution_is_named_by_the_attempt_at_a_request() -> None:
    others = [START._replace(attempt=2), START._replace(request_id="r-2"), START._replace(key="s|Other")]

    assert execution_name(START) == execution_name(START._replace(next_in=9))
    assert len({execution_name(one) for one in [START, *others]}) == 4
    assert len(execution_name(START)) <= 80
