"""Makes botocore clients as fast as botocore can; imported at its first use."""

import logging
from typing import Any

from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import get_session


class _OneService(Loader):
    """Knows of one service, instead of looking through the folders of some four hundred: a third of the time."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - as Loader has it
        return [self._service]


def make_client(service: str, *, read_timeout: int, region: str | None = None) -> Any:  # noqa: ANN401 - made at run time
    """A client that gives up soon: Lambda's retries help more than a long wait.

    Args:
        service: Such as "dynamodb".
        read_timeout: Seconds.
        region: Default: the function's.
    """
    logger = logging.getLogger("botocore")
    if logger.level == logging.NOTSET:
        # A function that logs at DEBUG would log all that is written: answers, and signed URLs.
        logger.setLevel(logging.INFO)
    session = get_session()
    session.register_component("data_loader", _OneService(service))
    patience = Config(
        connect_timeout=1, read_timeout=read_timeout, retries={"mode": "standard", "total_max_attempts": 3}
    )
    return session.create_client(service, region_name=region, config=patience)
