"""Makes templates of files: their resources, their transforms, and the templates that they nest."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from constructs_lib._findings import ACKNOWLEDGE, KEY
from constructs_lib.flow_control.checks import sam
from constructs_lib.flow_control.checks.assemblies import Stack
from constructs_lib.flow_control.checks.documents import NotRead, identity, load
from constructs_lib.flow_control.checks.resources import Resource, Template, Unread, shown
from constructs_lib.flow_control.checks.symbols import Text, split
from constructs_lib.flow_control.checks.values import Values

_NESTED = "AWS::CloudFormation::Stack"
#: Types whose templates are known to CloudFormation only.
_MAKERS = ("::MODULE", "AWS::CloudFormation::StackSet")
#: What only a template of CloudFormation has.
_SIGNS = {"Resources", "AWSTemplateFormatVersion", "Transform", "Rules"}
_NO_RESOURCES = "is no CloudFormation template: it has no Resources"
#: Transforms that make no resource, and change none that the rules are about.
_HARMLESS = {"AWS::LanguageExtensions", "AWS::SecretsManager-2020-07-23", "AWS::SecretsManager-2024-09-16"}


class NoTemplate(NotRead):
    """A file is in order, and is something else."""


class Builder:
    """Makes templates of files, each parsed once.

    Attributes:
        unread: What could not be read; of a template that several stacks nest, as often.
        nested: The files that others nest.
    """

    def __init__(self) -> None:
        self.unread: list[Unread] = []
        self.nested: set[Path] = set()
        self._bodies: dict[Path, Template | NotRead] = {}

    def build(
        self,
        stack: Stack,
        *,
        stage: str,
        assets: Mapping[str, Path],
        parent: Resource | None = None,
        is_named: bool = True,
    ) -> Template | None:
        """Read a stack's template and what it nests.

        Returns:
            None when it cannot be read. `unread` tells why, unless nobody named the file and it is no template.
        """
        key = identity(stack.file)
        if key not in self._bodies:
            self._bodies[key] = self._read(stack.file)
        read = self._bodies[key]
        is_stack = stack.name is not None or parent is not None
        if isinstance(read, Template) and not is_stack and not _is_plainly_a_template(read.body):
            read = NoTemplate(_NO_RESOURCES)
        if isinstance(read, NotRead):
            if is_named or not isinstance(read, NoTemplate):
                self._say(stack.file, str(read), is_whole_file=True)
            return None
        template = replace(
            read,
            stage=stage,
            stack_name=stack.name,
            account=stack.account,
            region=stack.region,
            parent=parent,
            assets=assets,
            resources={},
            nested={},
        )
        self._fill(template, _Paths(template, stack))
        for resource in template.resources.values():
            if resource.type == _NESTED:
                self._nest(resource, stack)
        return template

    def _read(self, file: Path) -> Template | NotRead:
        try:
            document = load(file)
        except NotRead as error:
            return error
        # The template of an empty stack has no Resources.
        if not isinstance(document, dict) or not isinstance(document.get("Resources", {}), dict):
            return NoTemplate(_NO_RESOURCES)
        template = Template(file=file, stage="", body=document, directory=file.parent)
        transforms = _names(document.get("Transform"))
        if sam.TRANSFORM in transforms:
            try:
                translation = sam.translate(document)
            except NotRead as error:
                return error
            template = replace(template, body=translation.body, code=translation.code)
        for transform in transforms:
            if transform not in {sam.TRANSFORM, *_HARMLESS}:
                why = f"is changed by {transform} in CloudFormation: what that makes of it is not seen"
                self._say(file, why)
        return template

    def _fill(self, template: Template, paths: "_Paths") -> None:
        for logical_id, body in template.section("Resources").items():
            where = f"{template.file}/{logical_id}"
            if logical_id.startswith(("Fn::ForEach", "Fn::Transform")):
                self._say(where, "is expanded by CloudFormation: the resources that it makes are not seen")
            elif not isinstance(body, dict) or not isinstance(body.get("Type"), str):
                self._say(where, "is no resource: it has no Type")
            else:
                resource = Resource(
                    template=template,
                    logical_id=logical_id,
                    type=body["Type"],
                    body=body,
                    path=paths.of(logical_id, body) or where,
                )
                template.resources[logical_id] = resource
                self._check_metadata(resource)
                if resource.type.endswith(_MAKERS) or resource.type.startswith(sam.PREFIX):
                    self._say(resource.path, f"is of type {resource.type}: the resources that it makes are not seen")

    def _check_metadata(self, resource: Resource) -> None:
        said = resource.body.get("Metadata")
        ours = said.get(KEY, {}) if isinstance(said, dict) else {}
        if not isinstance(ours, dict):
            why = f'its metadata "{KEY}" must be a mapping, got {shown(ours)}: it is left out'
            self._say(resource.path, why)
        elif not isinstance(ours.get(ACKNOWLEDGE, {}), dict):
            allowed = 'rules with their reasons, such as {"R3": "because ..."}'
            said = shown(ours[ACKNOWLEDGE])
            self._say(resource.path, f"{ACKNOWLEDGE} must be {allowed}, got {said}: it is left out")

    def _nest(self, resource: Resource, stack: Stack) -> None:
        template = resource.template
        place = _place(resource)
        if isinstance(place, str):
            self._say(resource.path, place)
            return
        if identity(place) in _above(template):
            self._say(resource.path, f"nests {place}, in which it is itself nested")
            return
        self.nested.add(identity(place))
        inner = replace(stack, file=place, name=None)
        nested = self.build(inner, stage=template.stage, assets=template.assets, parent=resource)
        if nested is not None:
            template.nested[resource.logical_id] = nested

    def _say(self, where: object, why: str, *, is_whole_file: bool = False) -> None:
        self.unread.append(Unread(where=str(where), why=why, is_whole_file=is_whole_file))


class _Paths:
    """The constructs' paths: in the resources' metadata, or (CDK writes none outside its CLI) in the assembly's."""

    def __init__(self, template: Template, stack: Stack) -> None:
        self._stack = stack
        parent = template.parent
        # "App/Nested.NestedStack/Nested.NestedStackResource" deploys what is below "App/Nested"
        self._prefix = parent.path.rpartition(".NestedStack/")[0] + "/" if parent is not None else ""
        self._known: dict[str, list[str]] | None = None

    def of(self, logical_id: str, body: Mapping[str, Any]) -> str | None:
        metadata = body.get("Metadata")
        path = metadata.get("aws:cdk:path") if isinstance(metadata, dict) else None
        if not isinstance(path, str):
            path = self._of_assembly(logical_id)
        return None if path is None else path.removesuffix("/Resource").removesuffix("/Default")

    def _of_assembly(self, logical_id: str) -> str | None:
        if self._known is None:
            self._known = self._stack.construct_paths()
        return next((path for path in self._known.get(logical_id, ()) if path.startswith(self._prefix)), None)


def _place(resource: Resource) -> Path | str:
    """Where the template of a nested stack is on this machine, or why that is not known."""
    template, values = resource.template, Values([])
    if values.at(resource.body, ("Properties", sam.LOCATION), template) is not None:
        return "is an application of the Serverless Application Repository: its resources are not seen"
    staged = values.at(resource.body, ("Metadata", "aws:asset:path"), template)
    if isinstance(staged, str):
        return template.directory / staged
    url = values.at(resource.body, ("Properties", "TemplateURL"), template)
    if isinstance(url, str) and "://" not in url:
        return template.directory / url
    key = split(url, "/")[-1] if isinstance(url, str | Text) else None
    asset = template.assets.get(key) if isinstance(key, str) else None
    if asset is not None:
        return asset
    if isinstance(url, str):
        return f"nests {url}, which is not on this machine: its resources are not seen"
    return "nests a template at a place that only the deployment knows: its resources are not seen"


def _is_plainly_a_template(body: Mapping[str, Any]) -> bool:
    return not _SIGNS.isdisjoint(body)


def _above(template: Template) -> Iterable[Path]:
    found = [identity(template.file)]
    while template.parent is not None:
        template = template.parent.template
        found.append(identity(template.file))
    return found


def _names(transform: object) -> list[str]:
    """The names of a template's transforms, of which each may be a mapping with parameters."""
    each = transform if isinstance(transform, list) else [transform]
    return [str(one.get("Name")) if isinstance(one, dict) else str(one) for one in each if one is not None]
