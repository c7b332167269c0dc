"""The functions' environment, a courier that answers as it is told, and a vendor that does as it would."""

from collections.abc import Callable
from typing import Any

import pytest
from aws_lambda_powertools.utilities import parameters

from tests.helpers.lambda_src import FakeCourier, Function, load
from tests.helpers.spot_vendor import SpotVendor

#: What the functions find in their environment.
ENVIRONMENT = {
    "POWERTOOLS_SERVICE_NAME": "under-test",
    "POWERTOOLS_METRICS_NAMESPACE": "Tests",
    "COURIER_URL": "https://courier.example/deliveries",
    "COURIER_API_KEY_SECRET": "courier-api-key",
    "EVENT_BUS_NAME": "orders",
    "EVENT_SOURCE": "order-hub",
    "DETAIL_TYPE": "notify-order",
    "FAILURE_SHARE": "0.2",
    "MAX_LATENCY": "2",
    "VENDOR_URL": "https://vendor.example/t/groups",
    "VENDOR_API_KEY_SECRET": "vendor-api-key",
    "GROUPS_TABLE": "groups",
    "TOKENS_TABLE": "tokens",
    "ORDERS_TABLE": "orders",
    "TWILIO_URL": "https://twilio.example",
    "TWILIO_SECRET": "twilio",
    "REPORTS_URL": "https://shop.example/prod/reports",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def courier() -> FakeCourier:
    return FakeCourier()


@pytest.fixture
def secrets_read(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was asked of the secrets; every secret's value is `the-key`."""
    asked: list[dict[str, Any]] = []

    def get_secret(name: str, **options: object) -> str:
        asked.append({"name": name, **options})
        return "the-key"

    monkeypatch.setattr(parameters, "get_secret", get_secret)
    return asked


@pytest.fixture
def delivery(courier: FakeCourier, secrets_read: list[dict[str, Any]]) -> Callable[[str], Function]:
    """Loads a delivery function that calls the fake courier."""
    assert secrets_read == []

    def loaded(name: str) -> Function:
        function = load(name)
        function.module.http = courier  # type: ignore[attr-defined]
        return function

    return loaded


@pytest.fixture
def vendor() -> SpotVendor:
    """The vendor's own function, with its ledger in memory."""
    return SpotVendor(load("spot_vendor"))
