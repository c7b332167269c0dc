"""What stands in the templates of an app, as it was read: no file is opened here, and nothing is resolved."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from constructs_lib._findings import KEY

#: arn:aws:SERVICE:..., arn:${AWS::Partition}:SERVICE:...
_SERVICE = re.compile(r"arn:(?:\$\{[^}]*\}|[^:]*):([^:]+):")


#: Who has written a longer value knows it by its beginning.
_LONGEST = 80


def shown(value: object) -> str:
    """A value for a message: as Python writes it, and its beginning where that is long."""
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """What could not be read, so that nobody takes silence for health.

    Attributes:
        where: The file, or the resource in it.
        why: The reason, and what to do, in words.
        is_whole_file: Whether nothing of a file that should be here was read, or there was nothing to read; otherwise
            it is a part of a file, or what is known to CloudFormation only.
    """

    where: str
    why: str
    is_whole_file: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


@dataclass(frozen=True, slots=True)
class External:
    """What is referred to, and is in no template here.

    Attributes:
        text: Its ARN, its name or its URL; what only the deployment knows stands as "${AWS::Region}".
    """

    text: str

    @property
    def service(self) -> str | None:
        """The service of its ARN, such as "sqs"; None when it is no ARN."""
        found = _SERVICE.match(self.text)
        return found[1] if found else None


@dataclass(eq=False, slots=True, kw_only=True)
class Template:
    """One template, at one place of a deployment: a file that two nested stacks share is two of these.

    Attributes:
        file: The file, as it was given.
        stage: Which deployment it belongs to: the directory of its assembly, or "" for templates of none.
        body: What stands in it, translated where it was SAM's.
        directory: What the paths of its assets are relative to.
        stack_name: None when only the deployment knows, as the two below.
        parent: The stack resource that it is nested by.
        nested: The templates of the stacks that it nests, by their logical ids.
        assets: The files that were staged, by the key of their object in the bucket.
        code: Where the code of SAM's functions is, by their logical ids.
    """

    file: Path
    stage: str
    body: Mapping[str, Any]
    directory: Path
    stack_name: str | None = None
    account: str | None = None
    region: str | None = None
    parent: "Resource | None" = None
    resources: "dict[str, Resource]" = field(default_factory=dict)
    nested: "dict[str, Template]" = field(default_factory=dict)
    assets: Mapping[str, Path] = field(default_factory=dict)
    code: Mapping[str, object] = field(default_factory=dict)

    def section(self, name: str) -> Mapping[str, Any]:
        """A section such as "Outputs"; empty when it is not there, or of a wrong shape."""
        found = self.body.get(name)
        return found if isinstance(found, Mapping) else {}

    def all_nested(self) -> "Iterator[Template]":
        """This template, and those that it nests, at any depth."""
        yield self
        for each in self.nested.values():
            yield from each.all_nested()


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Resource:
    """One resource of a template.

    Attributes:
        template: The template that it stands in.
        logical_id: Its name there.
        type: Such as "AWS::SQS::Queue".
        body: All that stands below its logical id.
        path: The path of its construct, or "<template file>/<logical id>".
    """

    template: Template
    logical_id: str
    type: str
    body: Mapping[str, Any]
    path: str

    @property
    def stage(self) -> str:
        """The deployment that it belongs to: things of one name in two stages are two things."""
        return self.template.stage

    def metadata(self, name: str) -> dict[str, Any]:
        """What its author, or this library, says of it under that name; empty when nothing is said.

        Wrong shapes are named by `App.unread` once, and left out here.
        """
        said = self.body.get("Metadata")
        ours = said.get(KEY) if isinstance(said, Mapping) else None
        found = ours.get(name) if isinstance(ours, Mapping) else None
        return dict(found) if isinstance(found, Mapping) else {}

    def __repr__(self) -> str:
        return f"{self.type} {self.path}"
