"""What is really sent, read off the wire by an HTTP server on this machine."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from constructs_lib.runtime.flow_control.outbound import Sqs, _make_client
from constructs_lib.runtime.flow_control.testing import queue_arn, sqs_record

#: Bytes that a message may have, attributes included.
LIMIT = 1024 * 1024


def _size(request: dict[str, Any]) -> int:
    attributes = request.get("MessageAttributes", {}).items()
    return len(request["MessageBody"]) + sum(len(name) + len(str(value)) for name, value in attributes)


class FakeSqs(BaseHTTPRequestHandler):
    calls: list[tuple[str, dict[str, Any], str]]

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        action = self.headers["X-Amz-Target"].removeprefix("AmazonSQS.")
        self.calls.append((action, request, self.headers["Authorization"].split("/")[2]))
        answer: dict[str, str] = {}
        if action == "GetQueueUrl":
            answer = {"QueueUrl": f"http://{self.headers['Host']}/{request['QueueName']}"}
        status = 200
        if action == "SendMessage" and _size(request) > LIMIT:
            status, answer = 400, {"__type": "com.amazonaws.sqs#InvalidParameterValue", "message": "too long"}
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, dict[str, Any], str]]]:
    calls: list[tuple[str, dict[str, Any], str]] = []
    server = HTTPServer(("127.0.0.1", 0), type("Bound", (FakeSqs,), {"calls": calls}))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    yield calls
    server.shutdown()
    server.server_close()


def test_a_message_is_hidden_in_its_own_queue_and_region(calls: list[tuple[str, dict[str, Any], str]]) -> None:
    record = {**sqs_record("{}"), "eventSourceARN": "arn:aws:sqs:ap-south-1:111122223333:orders"}
    sqs = Sqs()

    sqs.hide(record, 30)
    sqs.hide(record, 60)

    assert [(action, region) for action, _, region in calls] == [
        ("GetQueueUrl", "ap-south-1"),
        ("ChangeMessageVisibility", "ap-south-1"),
        ("ChangeMessageVisibility", "ap-south-1"),
    ]
    assert calls[0][1] == {"QueueName": "orders", "QueueOwnerAWSAccountId": "111122223333"}
    url = calls[1][1].pop("QueueUrl")
    assert url.endswith("/orders")
    assert calls[1][1] == {"ReceiptHandle": "receipt-message-1-1", "VisibilityTimeout": 30}


def test_a_dead_letter_is_sent_whole_with_its_reason(calls: list[tuple[str, dict[str, Any], str]]) -> None:
    Sqs().move(sqs_record("{broken"), queue_arn("dead-letters"), "MALFORMED_JSON", "not JSON")

    action, request, _ = calls[-1]
    assert (action, request["MessageBody"]) == ("SendMessage", "{broken")
    assert request["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"] == "not JSON"


def test_what_sqs_does_not_answer_is_given_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    client = _make_client("eu-west-1")

    config = client.meta.config
    assert (config.connect_timeout, config.read_timeout, config.retries["total_max_attempts"]) == (1, 2, 2)


def test_an_arn_that_is_none_is_an_error() -> None:
    with pytest.raises((ValueError, IndexError)):
        Sqs().hide({**sqs_record("{}"), "eventSourceARN": "orders"}, 1)


def test_a_message_that_leaves_no_room_for_the_reason_is_moved_without_it(
    calls: list[tuple[str, dict[str, Any], str]],
) -> None:
    body = json.dumps("x" * (LIMIT - 102))
    record = sqs_record(body, attributes={"shop": "north"})

    Sqs().move(record, queue_arn("dead-letters"), "PERMANENT_ERROR", "HTTP 413 " * 20)

    refused, sent = (request for action, request, _ in calls if action == "SendMessage")
    assert "ERROR_MESSAGE" in refused["MessageAttributes"]
    assert (sent["MessageBody"], list(sent["MessageAttributes"])) == (body, ["shop"])
