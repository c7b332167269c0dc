"""The class that an author writes, and its checks."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Set
from typing import Any, ClassVar

from constructs_lib.runtime._shared.author import check_method, overrides, signature
from constructs_lib.runtime.custom_resource.context import Context
from constructs_lib.runtime.custom_resource.handler import Handler
from constructs_lib.runtime.custom_resource.outcome import InProgress

Properties = dict[str, Any]
"""A resource's properties, as CloudFormation sends them: true arrives as "true", and 1 as "1"."""

Attributes = Mapping[str, Any]
"""What Fn::GetAtt reads: names, and values that JSON can hold."""

Resource = str | tuple[str, Attributes]
"""A resource: its id, alone or with its attributes."""

#: The methods, and the arguments that each is called with.
_ARGUMENTS = {
    "create": ("ctx", "properties"),
    "update": ("ctx", "physical_id", "properties", "old_properties"),
    "delete": ("ctx", "physical_id", "properties"),
    "find": ("ctx", "properties"),
    "poll": ("ctx", "state"),
}
_SETS = ("replace_on", "no_echo", "redact")


class ResourceHandler(ABC):
    """How one kind of resource is made, changed and deleted at its vendor.

        class Elastigroup(ResourceHandler):
            replace_on = {"Region"}

            def create(self, ctx, properties):
                group = api.create_group(properties, client_token=ctx.token)
                return group.id, {"Arn": group.arn}

            def update(self, ctx, physical_id, properties, old_properties):
                api.update_group(physical_id, properties)

            def delete(self, ctx, physical_id, properties):
                try:
                    api.delete_group(physical_id)
                except api.NoSuchGroup as error:
                    raise NotFound from error

        handler = Elastigroup.as_handler()

    A method that raises has failed: `Failed` says what exists, any other exception leaves that open. The exception's
    text reaches CloudFormation, the traceback the log, both without the secrets below.

    Attributes:
        replace_on: Properties whose change means a new resource: `create` is called instead of `update`, and
            CloudFormation deletes the old one.
        no_echo: Attributes that CloudFormation must not show, and that no log shows.
        redact: Properties, at any depth, whose values no log and no reason shows.
        honours_token: Whether the vendor makes one resource per token, however often it is asked. None: yes if
            `create` itself reads `ctx.token` or `ctx.uuid`. Say False if it does, and the vendor ignores the token; say
            True if a helper of yours hands it over.
    """

    replace_on: ClassVar[Set[str]] = frozenset()
    no_echo: ClassVar[Set[str]] = frozenset()
    redact: ClassVar[Set[str]] = frozenset()
    honours_token: ClassVar[bool | None] = None

    @abstractmethod
    def create(self, ctx: Context, properties: Properties) -> Resource | InProgress:
        """Make the resource.

        After a crash it is called again with the same token, if the vendor honours tokens, or if `find` finds nothing.

        Returns:
            Its id, or (id, {attributes}); InProgress(id, ...) where `poll` will say when it is done.
        """

    @abstractmethod
    def update(
        self, ctx: Context, physical_id: str, properties: Properties, old_properties: Properties
    ) -> Resource | InProgress | tuple[None, Attributes] | None:
        """Bring the resource to what the properties say. It may be called twice: set a state, do not add to one.

        Returns:
            None: the id stays, and there are no attributes. (None, {attributes}): the id stays. Another id, or
            `ctx.replace()`: it is a new resource, and CloudFormation deletes the old one.
        """

    @abstractmethod
    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> InProgress | None:
        """Delete the resource; raise NotFound when it is gone already."""

    def find(self, ctx: Context, properties: Properties) -> Resource | None:  # noqa: ARG002 - overridden
        """Look for what this very token has made already (by a tag, say, never by name alone); before each `create`.

        Returns:
            Its id, or (id, {attributes}); None when there is none.
        """
        return None

    def poll(self, ctx: Context, state: Any) -> Attributes | InProgress | None:  # noqa: ANN401, ARG002 - JSON, overridden
        """Say whether the work that InProgress(id, state) started is done. An exception fails the request.

        Returns:
            The attributes when it is ({} for none); None when not yet; another InProgress to go on with a new state.
        """
        return None

    @classmethod
    def as_handler(cls) -> Handler:
        """The Lambda handler: `handler = Elastigroup.as_handler()`.

        Raises:
            TypeError: The class lacks a method, or one cannot be called as it must be, or an attribute is not what it
                should be.
            ValueError: A set holds an empty name.
        """
        check_class(cls)
        return Handler(cls, base=ResourceHandler)


def check_class(author: type[ResourceHandler]) -> None:
    """Refuse a class that could only fail later.

    Raises:
        TypeError: As `as_handler` says.
        ValueError: As `as_handler` says.
    """
    name = author.__name__
    if missing := sorted(author.__abstractmethods__):
        signatures = ", ".join(signature(each, _ARGUMENTS[each]) for each in missing if each in _ARGUMENTS)
        msg = f"{name} lacks {' and '.join(missing)}: a ResourceHandler defines {signatures or 'all abstract methods'}"
        raise TypeError(msg)
    for method, arguments in _ARGUMENTS.items():
        if method in ("create", "update", "delete") or overrides(author, method, ResourceHandler):
            check_method(author, method, arguments)
    for attribute in _SETS:
        _check_set(name, attribute, getattr(author, attribute))
    declared: object = author.honours_token
    if not isinstance(declared, bool | None):
        msg = f"{name}.honours_token must be True, False or None, got {declared!r}"
        raise TypeError(msg)


def _check_set(name: str, attribute: str, value: object) -> None:
    where = f"{name}.{attribute}"
    if isinstance(value, str):
        msg = f'{where} must be a set of names, got the text {value!r}: write {{"{value}"}}'
        raise TypeError(msg)
    if not isinstance(value, Set | list | tuple):
        msg = f'{where} must be a set of names, got {type(value).__name__}: write {{"Name"}}, or set() for none'
        raise TypeError(msg)
    for each in value:
        if not isinstance(each, str):
            msg = f"{where} must hold names as text, got {each!r}"
            raise TypeError(msg)
        if not each:
            msg = f"{where} holds an empty name: remove it"
            raise ValueError(msg)
