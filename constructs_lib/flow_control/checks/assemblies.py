"""What the manifest of a cloud assembly (a cdk.out) says of its stacks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from constructs_lib.flow_control.checks.documents import NotRead, as_mapping, load, text_of

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A stack of an assembly; what only the deployment knows is None."""

    file: Path
    name: str | None = None
    account: str | None = None
    region: str | None = None
    metadata: tuple[Mapping[str, Any], Path | None] = field(default=({}, None))

    def construct_paths(self) -> dict[str, list[str]]:
        """The paths of the constructs by their logical ids, shortest first; those of nested stacks are among them."""
        found: Mapping[str, Any] = self.metadata[0]
        if self.metadata[1] is not None:
            try:
                found = as_mapping(load(self.metadata[1]))
            except NotRead:  # a path is a help to the reader, no more
                return {}
        paths: dict[str, list[str]] = {}
        for path in sorted(found, key=len):
            for entry in found[path] if isinstance(found[path], list) else []:
                if as_mapping(entry).get("type") == "aws:cdk:logicalId":
                    paths.setdefault(str(entry.get("data")), []).append(path.removeprefix("/"))
        return paths


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """A directory of templates that are deployed together: an app's, or a stage's."""

    directory: Path
    stacks: list[Stack]
    assemblies: list[Path]
    assets: dict[str, Path]


def is_assembly(directory: Path) -> bool:
    """Whether a directory is a cloud assembly; web applications have a manifest.json too."""
    try:
        return '"artifacts' in text_of(directory / MANIFEST)
    except NotRead:
        return False


def read_assembly(directory: Path) -> Assembly:
    """Read the manifest of an assembly.

    Raises:
        NotRead: It is broken, or of another kind.
    """
    artifacts = as_mapping(load(directory / MANIFEST)).get("artifacts", {})
    if not isinstance(artifacts, Mapping):
        msg = "is no manifest of a cloud assembly: it has no artifacts; pass the cdk.out that `cdk synth` writes"
        raise NotRead(msg)
    stacks, assemblies = [], []
    assets: dict[str, Path] = {}
    for name, artifact in ((name, as_mapping(artifact)) for name, artifact in artifacts.items()):
        properties, kind = as_mapping(artifact.get("properties")), artifact.get("type")
        if kind == "aws:cloudformation:stack":
            stacks.append(_stack(directory, name, artifact, properties))
        elif kind == "cdk:cloud-assembly":
            assemblies.append(directory / str(properties.get("directoryName")))
        elif kind == "cdk:asset-manifest":
            assets.update(_assets(directory, directory / str(properties.get("file"))))
    return Assembly(directory=directory, stacks=stacks, assemblies=assemblies, assets=assets)


def _stack(directory: Path, artifact_id: str, artifact: Mapping[str, Any], properties: Mapping[str, Any]) -> Stack:
    account, _, region = str(artifact.get("environment", "")).removeprefix("aws://").partition("/")
    file = artifact.get("additionalMetadataFile")
    return Stack(
        file=directory / str(properties.get("templateFile")),
        name=str(properties.get("stackName", artifact_id)),
        account=None if account in ("", "unknown-account") else account,
        region=None if region in ("", "unknown-region") else region,
        metadata=(as_mapping(artifact.get("metadata")), directory / file if isinstance(file, str) else None),
    )


def _assets(directory: Path, file: Path) -> Iterator[tuple[str, Path]]:
    """The keys of the objects in the bucket, and the files here that they are made of."""
    try:
        manifest = as_mapping(load(file))
    except NotRead:  # what is missed for it (a nested stack, a function's code) says so itself
        return
    for asset in map(as_mapping, as_mapping(manifest.get("files")).values()):
        path = as_mapping(asset.get("source")).get("path")
        for destination in map(as_mapping, as_mapping(asset.get("destinations")).values()):
            if isinstance(path, str):
                yield str(destination.get("objectKey")), directory / path
