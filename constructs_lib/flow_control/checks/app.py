"""The resources of an app, read from its templates, and what their properties come to."""

import re
from collections.abc import Iterable, Sequence
from os.path import normpath
from pathlib import Path

from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.flow_control.checks.documents import is_there
from constructs_lib.flow_control.checks.names import Names
from constructs_lib.flow_control.checks.raw import raw_at
from constructs_lib.flow_control.checks.resources import External, Resource, Template, Unread, shown
from constructs_lib.flow_control.checks.symbols import Attribute, Symbol, Text
from constructs_lib.flow_control.checks.values import Values

__all__ = ["App", "External", "Resource", "Template", "Unread"]

Target = Resource | External | Unknown | None
#: What stands for one version of a function, and the function itself.
_VERSIONS = ("AWS::Lambda::Alias", "AWS::Lambda::Version")
_LAYER = "AWS::Lambda::LayerVersion"
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
#: More than any property takes; numbers without end are refused with it.
_HUGE = 1e15
_FLAGS = {"true": True, "false": False}


class App:
    """The resources of an app, whoever wrote it.

    Attributes:
        templates: The templates, nested ones too, each once for every place where it is deployed.
        resources: All resources, in the order of the templates.
    """

    def __init__(self, templates: Iterable[Template], unread: Iterable[Unread] = ()) -> None:
        self.templates = [each for template in templates for each in template.all_nested()]
        self.resources = [each for template in self.templates for each in template.resources.values()]
        self._unread = dict.fromkeys(unread)
        self._by_type: dict[str, list[Resource]] = {}
        for resource in self.resources:
            self._by_type.setdefault(resource.type, []).append(resource)
        self._values = Values(self.templates)
        self._names = Names(self._by_type, self._values)

    @property
    def unread(self) -> list[Unread]:
        """What could not be read, each once; questions about malformed values add to it."""
        return list(self._unread)

    def cannot_read(self, resource: Resource, why: str) -> None:
        """Say of a resource what could not be read of it."""
        self._unread[Unread(where=resource.path, why=why)] = None

    def of_type(self, *types: str) -> list[Resource]:
        """The resources of these types."""
        return [resource for each in types for resource in self._by_type.get(each, ())]

    def raw(self, resource: Resource, *path: str | int) -> object:
        """What stands at a path of a resource, intrinsic functions and all, for `target`.

        Returns:
            None when nothing does, UNKNOWN when an intrinsic function stands above it, and an Fn::If of what stands in
            the branches of one where they differ.
        """
        return raw_at(resource.body, path)

    def value(self, resource: Resource, *path: str | int) -> object:
        """The literal at a path of a resource.

        Returns:
            None when there is none; UNKNOWN when it is a reference, or an intrinsic function that only the deployment
            resolves. A list or a dict has UNKNOWN where a part of it cannot be seen.
        """
        return _literal(self._values.at(resource.body, path, resource.template))

    def number(self, resource: Resource, *path: str | int) -> float | Unknown | None:
        """The number at a path, also where it is written as a text ("30"); a whole one is an int."""
        value = self.value(resource, *path)
        if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
            value = float(value)
        if value is None or value is UNKNOWN:
            return value
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _HUGE:
            return self._malformed(resource, path, value, "a number")
        return int(value) if value == int(value) else value

    def flag(self, resource: Resource, *path: str | int) -> bool | Unknown | None:
        """Whether what stands at a path is true, also where it is written as a text ("true")."""
        value = self.value(resource, *path)
        if value is None or value is UNKNOWN or isinstance(value, bool):
            return value
        flag = _FLAGS.get(value.strip().lower()) if isinstance(value, str) else None
        return self._malformed(resource, path, value, "true or false") if flag is None else flag

    def target(self, resource: Resource, value: object, *types: str) -> Target:
        """What a raw value of a resource refers to.

        Args:
            resource: The resource that the value stands in.
            value: From `raw`: a Ref, a GetAtt, an import, an ARN, a URL or a name.
            types: Of what it may be the name; everything that has a name when left out. A reference by any other way
                is followed to a resource of whatever type it is.

        Returns:
            An alias or a version as such: see `function_of`. An External when it is something that is in no template
            here, UNKNOWN when that cannot be seen, None when there is no value.
        """
        resolved = self._values.resolve(value, resource.template)
        return self._names.target(resolved, resource.template, types)

    def function_of(self, resource: Resource, value: object) -> Target:
        """The function that a raw value of a resource refers to, also by an alias or a version of it."""
        target = self.target(resource, value, "AWS::Lambda::Function")
        for _ in _VERSIONS:  # an alias is of a version, which is of a function
            if isinstance(target, Resource) and target.type in _VERSIONS:
                name = self.raw(target, "Properties", "FunctionName")
                target = self.target(target, name, "AWS::Lambda::Function")
        return target

    def code_of(self, resource: Resource) -> Path | None:
        """The directory, or the archive, of a function's code or a layer's, as it is on this machine.

        Returns:
            None when it is not, or when what is there is neither: a device has no end.
        """
        template, place = resource.template, None
        prop = "Content" if resource.type == _LAYER else "Code"
        staged = self.value(resource, "Metadata", "aws:asset:path")
        key = self.value(resource, "Properties", prop, "S3Key")
        # A plain path is what `aws cloudformation package` takes.
        local = template.code.get(resource.logical_id, self.raw(resource, "Properties", prop))
        if isinstance(staged, str):
            place = template.directory / staged
        elif isinstance(local, str) and "://" not in local:
            place = template.directory / local
        elif isinstance(key, str):
            place = template.assets.get(key)
        if place is None or not is_there(place):
            return None
        return Path(normpath(place))  # stages share their assets, by way of ".."

    def inline_code_of(self, function: Resource) -> str | None:
        """The code that stands in the template itself; None when it does not, or cannot be seen."""
        code = self.value(function, "Properties", "Code", "ZipFile")
        return code if isinstance(code, str) else None

    def _malformed(self, resource: Resource, path: Sequence[str | int], value: object, what: str) -> Unknown:
        place = ".".join(map(str, path[1:] if path[:1] == ("Properties",) else path))
        self.cannot_read(resource, f"{place} must be {what}, got {shown(value)}: it counts as unknown")
        return UNKNOWN


def _literal(value: object) -> object:
    if isinstance(value, list):
        return [_literal(each) for each in value]
    if isinstance(value, dict):
        return {key: _literal(each) for key, each in value.items()}
    return UNKNOWN if isinstance(value, Attribute | Symbol | Text) else value
