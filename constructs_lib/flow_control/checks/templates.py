"""Reads the templates of an app: of a cdk.out, of a directory, or single ones, JSON or YAML, SAM's too."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from constructs_lib.flow_control.checks.app import App, Template, Unread
from constructs_lib.flow_control.checks.assemblies import MANIFEST, Assembly, Stack, is_assembly, read_assembly
from constructs_lib.flow_control.checks.documents import NotRead, identity, text_of
from constructs_lib.flow_control.checks.nesting import Builder

_SUFFIXES = (".json", ".yaml", ".yml", ".template")
#: Not the author's own, or built from it.
_SKIPPED = {"node_modules", "__pycache__", "venv"}
#: Whoever passes a folder of more files has passed more than the templates of an app.
_MOST_FILES = 20_000


def read(paths: Sequence[Path]) -> App:
    """Read an app.

    Args:
        paths: Each a cdk.out, with all of its stages; a directory with templates, at any depth; or one template.
            Templates that are in no cdk.out are taken for one deployment: they may import from each other.

    Returns:
        All resources; what could not be read is named by its `unread`, and never raises.
    """
    reader = _Reader()
    for path in paths:
        reader.read(path)
    return reader.app()


def read_files(paths: Iterable[Path]) -> App:
    """Read these templates and those that they nest, nothing else: what a validation plugin is given.

    The manifest beside a template, where there is one, tells its stack's name and environment.
    """
    reader = _Reader()
    for path in paths:
        reader.read(path, stage=str(path.parent))
    return reader.app()


class _Reader:
    """Collects the templates of all paths, each once."""

    def __init__(self) -> None:
        self._roots: list[Template] = []
        self._seen: set[Path] = set()
        self._repeats = 0
        self._manifests: dict[Path, Assembly | None] = {}
        self._builder = Builder()

    def app(self) -> App:
        # A template that another one nests is deployed by that one.
        roots = (each for each in self._roots if identity(each.file) not in self._builder.nested)
        return App(roots, self._builder.unread)

    def read(self, path: Path, *, stage: str = "") -> None:
        before = self._progress()
        try:
            self._read(path, stage=stage)
        except OSError as error:  # a directory of somebody else, a name too long
            self._nothing(path, f"cannot be opened: {error.strerror or error}")
        if self._progress() == before:
            self._nothing(path, "has no resources of CloudFormation: nothing to check")

    def _progress(self) -> tuple[int, ...]:
        return len(self._roots), len(self._builder.unread), self._repeats

    def _read(self, path: Path, *, stage: str) -> None:
        if path.name == MANIFEST and is_assembly(path.parent):
            self._nothing(path, f"is the manifest of a cloud assembly: pass the folder, {path.parent}")
        elif not path.is_dir():
            self._file(path, stage=stage)
        elif is_assembly(path):
            self._assembly(path)
        else:
            self._directory(path)

    def _file(self, file: Path, *, stage: str) -> None:
        assembly = self._manifest(file.parent) if is_assembly(file.parent) else None
        if assembly is None:
            self._template(Stack(file=file), stage=stage, assets={})
            return
        stacks = {identity(stack.file): stack for stack in assembly.stacks}
        stack = stacks.get(identity(file), Stack(file=file))
        self._template(stack, stage=str(assembly.directory), assets=assembly.assets)

    def _assembly(self, directory: Path) -> None:
        assembly = None if self._is_seen(directory) else self._manifest(directory)
        if assembly is None:
            return
        for stack in assembly.stacks:
            self._template(stack, stage=str(directory), assets=assembly.assets)
        for nested in assembly.assemblies:
            self._assembly(nested)

    def _manifest(self, directory: Path) -> Assembly | None:
        if directory not in self._manifests:
            try:
                self._manifests[directory] = read_assembly(directory)
            except NotRead as error:
                self._manifests[directory] = None
                self._nothing(directory / MANIFEST, str(error))
        return self._manifests[directory]

    def _directory(self, directory: Path) -> None:
        for number, place in enumerate([*islice(_places(directory), _MOST_FILES + 1)]):
            if number == _MOST_FILES:
                why = f"has more than {_MOST_FILES:,} files: the others were not looked at; pass the templates' own"
                self._nothing(directory, why)
            elif place.is_dir():
                self._assembly(place)
            elif place.suffix in _SUFFIXES and _looks_like_a_template(place):
                self._template(Stack(file=place), stage="", assets={}, is_named=False)

    def _template(self, stack: Stack, *, stage: str, assets: Mapping[str, Path], is_named: bool = True) -> None:
        if not self._is_seen(stack.file):
            template = self._builder.build(stack, stage=stage, assets=assets, is_named=is_named)
            if template is not None:
                self._roots.append(template)

    def _is_seen(self, path: Path) -> bool:
        """Whether it was read before: a stage's assembly may be given beside the app's."""
        resolved = identity(path)
        is_seen = resolved in self._seen
        self._seen.add(resolved)
        self._repeats += is_seen
        return is_seen

    def _nothing(self, where: Path, why: str) -> None:
        self._builder.unread.append(Unread(where=str(where), why=why, is_whole_file=True))


def _places(directory: Path) -> Iterator[Path]:
    """The assemblies and the files below a directory."""
    for path in sorted(directory.iterdir()):
        if path.name.startswith(".") or path.name in _SKIPPED or path.is_symlink():
            continue
        if path.is_dir() and not is_assembly(path):
            yield from _places(path)
        else:
            yield path


def _looks_like_a_template(file: Path) -> bool:
    """Whether its text does: a broken template is to be named, and a package.json is not."""
    try:
        text = text_of(file)
    except NotRead:
        return False
    return "Resources" in text and ("AWS::" in text or "AWSTemplateFormatVersion" in text)
