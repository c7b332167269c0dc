"""The code in the documents."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent


def code_in(document: str, language: str = "python") -> list[str]:
    """The blocks of code that a document shows."""
    pattern = rf"^```{language}\n(.*?)^```"
    return re.findall(pattern, (ROOT / document).read_text(), flags=re.MULTILINE | re.DOTALL)


def executed(source: str, document: str, names: dict[str, Any] | None = None) -> dict[str, Any]:
    """What is defined after the code has run."""
    namespace = {} if names is None else names
    exec(compile(source, document, "exec"), namespace)  # noqa: S102 - our own document
    return namespace


class NotTaken(Exception):
    """What a provider has surely not done."""


class Shop:
    """What the documents call `shop`: its orders and its provider in one.

    Attributes:
        taken: Orders that have settled.
        calls: The phones that were called.
        refuses: Whether the provider takes nothing.
    """

    def __init__(self) -> None:
        self.taken: set[str] = set()
        self.calls: list[str] = []
        self.refuses = False

    @property
    def module(self) -> SimpleNamespace:
        """What `import shop` is."""
        return SimpleNamespace(orders=self, provider=self, NotTaken=NotTaken)

    def read(self, unit: str) -> SimpleNamespace:
        """An order."""
        return SimpleNamespace(status="taken" if unit in self.taken else "placed", phone=f"phone of {unit}")

    def take(self, unit: str) -> None:
        """Settle an order."""
        self.taken.add(unit)

    def call(self, phone: str, *, timeout: float, report_to: str = "", report_token: str = "") -> str:
        """Call; the provider's id."""
        assert timeout > 0
        assert report_to or report_token
        if self.refuses:
            raise NotTaken("busy")
        self.calls.append(phone)
        return f"CA{len(self.calls)}"
