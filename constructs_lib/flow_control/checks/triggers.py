"""What else invokes a function that consumes a queue: services, addresses, custom resources, and whoever may."""

from collections.abc import Iterable, Iterator

from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.flow_control.checks.app import App, External, Resource
from constructs_lib.flow_control.checks.permissions import Permissions

#: Where a resource names a function that it, or a service for it, invokes.
_TRIGGERS = {
    "AWS::Lambda::Permission": ("Properties", "FunctionName"),
    "AWS::Lambda::Url": ("Properties", "TargetFunctionArn"),
    "AWS::Lambda::EventSourceMapping": ("Properties", "FunctionName"),
}
_CUSTOM = ("Custom::", "AWS::CloudFormation::CustomResource")


class Triggers:
    """The functions of an app that something invokes, apart from the mappings of queues."""

    def __init__(self, app: App, permissions: Permissions, *, queue_mappings: Iterable[Resource]) -> None:
        self._functions: set[Resource] = set()
        #: The stages where a trigger is of a function that nobody can see: it may be any.
        self._unseen_in: set[str] = set()
        apart = set(queue_mappings)
        for resource, raw in (*_named(app), *permissions.invoked()):
            if resource not in apart:
                self._add(app, resource, raw)

    def invokes(self, function: Resource | None) -> bool | Unknown:
        """Whether something invokes the function."""
        if function is None:
            return UNKNOWN
        return function in self._functions or (UNKNOWN if function.stage in self._unseen_in else False)

    def _add(self, app: App, resource: Resource, raw: object) -> None:
        function = app.function_of(resource, raw)
        if isinstance(function, Resource):
            self._functions.add(function)
        elif function is UNKNOWN or (isinstance(function, External) and "*" in function.text):
            self._unseen_in.add(resource.stage)


def _named(app: App) -> Iterator[tuple[Resource, object]]:
    for type_, path in _TRIGGERS.items():
        yield from ((resource, app.raw(resource, *path)) for resource in app.of_type(type_))
    for resource in app.resources:
        if resource.type.startswith(_CUSTOM):
            yield resource, app.raw(resource, "Properties", "ServiceToken")
