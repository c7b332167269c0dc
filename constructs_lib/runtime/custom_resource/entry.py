"""What Lambda calls under `runtime="layer"`: it imports the author's module itself, and answers where that fails."""

import os
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NoReturn

from constructs_lib.runtime._shared.errors import Unanswered
from constructs_lib.runtime.custom_resource.calls import Author, describe
from constructs_lib.runtime.custom_resource.contract import AUTHOR_HANDLER
from constructs_lib.runtime.custom_resource.handler import Handler, invoke
from constructs_lib.runtime.custom_resource.outcome import Failed
from constructs_lib.runtime.custom_resource.request import tick_of
from constructs_lib.runtime.custom_resource.resource import ResourceHandler
from constructs_lib.runtime.custom_resource.settings import settings_in
from constructs_lib.runtime.custom_resource.steps import Traits


class NotImported(Unanswered):
    """The author's handler could not be imported for a poll; Step Functions tries again."""


def handler(event: object, context: object) -> Any:  # noqa: ANN401 - what the author's handler returns
    """Serve an event with the author's handler, which is imported at the first event that needs it.

    The on-failure path does not: it answers for what killed the function, and that may have been the import.

    Raises:
        Unanswered: Lambda, or Step Functions, must deliver the event again.
        SettingsError: The function's environment does not say how to serve it.
    """
    tick = tick_of(event)
    if not _calls_the_author(event) and (tick is None or tick.cause is not None):
        return invoke(event, context, author=_nobody)
    try:
        found = _found(settings_in(os.environ).author_handler or os.environ.get(AUTHOR_HANDLER))
    except (Exception, SystemExit) as error:
        if tick is not None:
            raise NotImported(_explained(error)) from error
        return invoke(event, context, author=_unimportable(error))
    if isinstance(found, Handler):
        return invoke(event, context, author=found.author)
    # It has decorators on it, and calls ours inside.
    return found(event, context)


def _calls_the_author(event: object) -> bool:
    return isinstance(event, Mapping) and "RequestType" in event


def _nobody() -> Author:
    def make() -> NoReturn:
        msg = "the author's code is not called here"
        raise Failed(msg)

    return Author(make=make)


def _unimportable(error: BaseException) -> Callable[[], Author]:
    """Stands in for the author: nothing is made, and CloudFormation is told why."""

    def make() -> NoReturn:
        raise Failed(_explained(error)) from error

    # As if it had `find`: what the real class could learn is asked for, and fails for the same reason.
    return lambda: Author(make=make, traits=Traits(can_find=True))


def _explained(error: BaseException) -> str:
    return f"the function's handler could not be imported: {describe(error)}"


def _found(name: str | None) -> Callable[[object, object], Any]:
    """The author's handler, "module.attribute" as in the function's Handler; imported once, and again if that failed.

    Raises:
        TypeError: It is none.
        Exception: Whatever the module's code raises; and SystemExit.
    """
    # Lambda takes folders too: src/app.handler.
    module, _, attribute = (name or "").replace("/", ".").rpartition(".")
    if not module or not attribute:
        msg = (
            f"author_handler in the settings is {name!r}, it must be module.attribute: deploy with IdempotentProvider, "
            f"or name it in the environment variable {AUTHOR_HANDLER} where that cannot see it"
        )
        raise TypeError(msg)
    found = getattr(import_module(module), attribute, None)
    if isinstance(found, type) and issubclass(found, ResourceHandler):
        msg = f"{name} is the class, not its handler: write {attribute} = {found.__name__}.as_handler()"
        raise TypeError(msg)
    if not callable(found):
        what = "missing" if found is None else f"of type {type(found).__name__}"
        msg = f"{name} is {what}: write {attribute} = MyResource.as_handler() in the module {module}"
        raise TypeError(msg)
    return found
