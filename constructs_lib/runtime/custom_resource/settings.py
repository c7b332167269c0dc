"""The provider's settings: those that the construct put into the function's environment."""

from collections.abc import Mapping
from functools import lru_cache

from constructs_lib.runtime._shared.environment import INSIDE_LAMBDA, SettingsError, parsed
from constructs_lib.runtime.custom_resource.contract import ENVIRONMENT, Settings


def settings_in(environ: Mapping[str, str]) -> Settings:
    """The provider's settings.

    Raises:
        SettingsError: There are none, or they cannot be read.
    """
    text = environ.get(ENVIRONMENT)
    if text:
        return _parsed(text)
    function = environ.get(INSIDE_LAMBDA)
    if function is None:
        msg = (
            f"{ENVIRONMENT} is not set: outside Lambda, run the handler in a ResourceRunner of "
            "constructs_lib.runtime.custom_resource.testing"
        )
        raise SettingsError(msg)
    msg = (
        f"{ENVIRONMENT} is not set in the environment of the function {function!r}: deploy it with IdempotentProvider, "
        'or, with runtime="provided", set the variables of provider.environment on it'
    )
    raise SettingsError(msg)


@lru_cache(maxsize=8)
def _parsed(text: str) -> Settings:
    return parsed(ENVIRONMENT, text, _read, construct="IdempotentProvider")


def _read(text: str) -> Settings:
    settings = Settings.from_json(text)
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    # The declared types are only a promise: the text may come from another version, or from a hand.
    texts: list[object] = [settings.table_name, settings.provider]
    texts += [text for text in (settings.author_handler, settings.state_machine_arn) if text is not None]
    if not all(isinstance(text, str) for text in texts) or not settings.table_name:
        msg = "table_name, provider, author_handler and state_machine_arn are texts, and the first is not empty"
        raise TypeError(msg)
    seconds: list[object] = [settings.total_timeout, settings.grace]
    if not all(isinstance(number, int | float) and not isinstance(number, bool) and number >= 0 for number in seconds):
        msg = f"total_timeout and grace are numbers of seconds, got {settings.total_timeout!r} and {settings.grace!r}"
        raise ValueError(msg)
    if settings.on_orphan not in ("delete", "report"):
        msg = f"on_orphan is delete or report, got {settings.on_orphan!r}"
        raise ValueError(msg)
