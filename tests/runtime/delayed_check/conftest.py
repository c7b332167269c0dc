"""A shop, and a check of its orders in the kit; and a server in the place of AWS."""

from collections.abc import Iterator

import pytest

from constructs_lib.runtime.delayed_check.testing import CheckRunner
from tests.runtime.custom_resource.loopback import Loopback, Reply, serving
from tests.runtime.delayed_check.server import Server
from tests.runtime.delayed_check.shop import Shop, order_check


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def runner(shop: Shop) -> CheckRunner:
    return CheckRunner(order_check(shop))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with serving(Reply()) as loopback:
        monkeypatch.setenv("AWS_ENDPOINT_URL", loopback.endpoint)
        # Elsewhere than all that has an ARN.
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

        def answering(*replies: Reply) -> Loopback:
            loopback.say(*replies)
            return loopback

        yield answering
