"""Custom resources that are made once, whatever Lambda does."""

from constructs_lib._findings import Finding, Level
from constructs_lib.custom_resource.provider import IdempotentProvider

__all__ = ["Finding", "IdempotentProvider", "Level"]
