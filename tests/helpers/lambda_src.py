"""Load an example function as Lambda does, by path, and read what it logged."""

import importlib.util
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import urllib3

LAMBDA_SRC = Path(__file__).parents[2] / "lambda_src"


@dataclass
class Context:
    """As much of Lambda's context as the functions use."""

    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:function"
    aws_request_id: str = "request-1"
    remaining: int = 10_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining


@dataclass
class Function:
    """A loaded function: its module, and the stream that its logger writes to."""

    module: ModuleType
    _stream: io.StringIO = field(default_factory=io.StringIO)

    def __post_init__(self) -> None:
        self.module.logger.registered_handler.setStream(self._stream)

    def __call__(self, event: dict[str, Any], context: Context | None = None) -> Any:  # noqa: ANN401 - each handler's own
        return self.module.handler(event, context or Context())

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The log lines so far, parsed."""
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]

    def lines_with(self, **fields: object) -> list[dict[str, Any]]:
        """The log lines that have all these fields."""
        return [line for line in self.lines if fields.items() <= line.items()]


@dataclass
class Answer:
    status: int
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class FakeCourier:
    """Answers with the given statuses in turn, the last one for ever; 0 is a call that gets no answer."""

    statuses: list[int] = field(default_factory=lambda: [200])
    requests: list[dict[str, Any]] = field(default_factory=list)

    def request(self, method: str, url: str, **options: object) -> Answer:
        self.requests.append({"method": method, "url": url, **options})
        status = self.statuses[min(len(self.requests), len(self.statuses)) - 1]
        if not status:
            raise urllib3.exceptions.ReadTimeoutError(None, url, "no answer in time")  # type: ignore[arg-type]  # no pool is needed
        return Answer(status)


def load(name: str) -> Function:
    """Run `lambda_src/<name>/handler.py` as a new module: nothing is left of an earlier test's."""
    spec = importlib.util.spec_from_file_location(f"lambda_src.{name}.handler", LAMBDA_SRC / name / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Function(module)
