"""The functions that consume queues, with their settings: Lambda's defaults where a template is silent."""

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

from constructs_lib._actions import as_list
from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.flow_control.checks import code
from constructs_lib.flow_control.checks.app import App, External, Resource
from constructs_lib.flow_control.checks.code import Code
from constructs_lib.flow_control.checks.properties import is_set, or_default, whole_number

FUNCTION = "AWS::Lambda::Function"
_TIMEOUT = 3


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Function:
    """A function; `Functions` has one of these for each.

    Attributes:
        name: Its construct's path; its ARN or name where it is in no template.
        resource: None where it is in no template: all else is UNKNOWN then.
        timeout: In seconds.
        timeout_is_set: Whether the template sets it; UNKNOWN where that is decided at the deployment, as the two below.
        memory_is_set: Whether the template sets its memory.
        reserved_concurrency: None when nothing is reserved.
        async_destination: Where its failures of asynchronous invocations go; None when nowhere.
        code: What its code shows.
    """

    name: str
    resource: Resource | None
    timeout: float | Unknown = UNKNOWN
    timeout_is_set: bool | Unknown = UNKNOWN
    memory_is_set: bool | Unknown = UNKNOWN
    reserved_concurrency: int | Unknown | None = UNKNOWN
    async_destination: str | Unknown | None = UNKNOWN
    code: Code = code.UNSEEN


class Functions:
    """The functions of an app that consume queues: each is one object, whoever refers to it, and in whichever way."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._functions: dict[Hashable, Function] = {}
        self._destinations: dict[Resource, str | Unknown] = {}
        for config in app.of_type("AWS::Lambda::EventInvokeConfig"):
            function = app.function_of(config, app.raw(config, "Properties", "FunctionName"))
            sends = is_set(app, config, "Properties", "DestinationConfig", "OnFailure", "Destination")
            if isinstance(function, Resource) and sends is not False:
                self._destinations[function] = UNKNOWN if sends is UNKNOWN else f"the destination of {config.path}"

    def all(self) -> list[Function]:
        """Those that were asked for so far."""
        return list(self._functions.values())

    def at(self, resource: Resource, raw: object) -> Function:
        """The function that a value refers to, also by an alias or a version."""
        target = self._app.function_of(resource, raw)
        key: Hashable
        if isinstance(target, Resource):
            key = target
        elif isinstance(target, External):
            key = (resource.stage, target.text)
        else:  # the same reference in the same template is the same function
            key = (resource if raw is UNKNOWN else resource.template, repr(raw))
        if key not in self._functions:
            self._functions[key] = self._settings(resource, target)
        return self._functions[key]

    def _settings(self, resource: Resource, target: object) -> Function:
        if isinstance(target, Resource) and target.type == FUNCTION:
            return self._read(target)
        name = target.text if isinstance(target, External) else f"a function that {resource.path} refers to"
        return Function(name=name, resource=None)

    def _read(self, function: Resource) -> Function:
        timeout: float | Unknown = or_default(self._app.number(function, "Properties", "Timeout"), _TIMEOUT)
        return Function(
            name=function.path,
            resource=function,
            timeout=timeout,
            timeout_is_set=is_set(self._app, function, "Properties", "Timeout"),
            memory_is_set=is_set(self._app, function, "Properties", "MemorySize"),
            reserved_concurrency=whole_number(self._app, function, "Properties", "ReservedConcurrentExecutions"),
            async_destination=self._async_destination(function),
            code=_code(self._app, function, timeout),
        )

    def _async_destination(self, function: Resource) -> str | Unknown | None:
        own = is_set(self._app, function, "Properties", "DeadLetterConfig", "TargetArn")
        if own is True:
            return "its DeadLetterConfig"
        return self._destinations.get(function, UNKNOWN if own is UNKNOWN else None)


def _code(app: App, function: Resource, timeout: float | Unknown) -> Code:
    inline = app.inline_code_of(function)
    layers = [app.target(function, raw) for raw in as_list(app.raw(function, "Properties", "Layers"))]
    return code.read(
        app.code_of(function) if inline is None else inline,
        runtime=app.value(function, "Properties", "Runtime"),
        handler=app.value(function, "Properties", "Handler"),
        layers=[_layer(app, layer) for layer in layers],
        timeout=timeout,
    )


def _layer(app: App, layer: object) -> Path | None:
    """The files of a layer; None when nobody can see them."""
    return app.code_of(layer) if isinstance(layer, Resource) else None
