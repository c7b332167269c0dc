"""From a handler along its imports: which of the author's files it reaches, and what they show."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import NamedTuple

from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.flow_control.checks.code.answers import Source, what_code_shows
from constructs_lib.flow_control.checks.code.files import Tree, Unreadable
from constructs_lib.flow_control.checks.code.languages import (
    PYTHON,
    Language,
    is_known,
    javascript_answers,
    names_the_answer,
)
from constructs_lib.flow_control.checks.code.retries import Retries

#: A function that reaches more of its author's files is not read to its end.
_MOST_FILES = 500

#: A package that handles batches for its users is small: one of more sources is not read.
_LARGE_PACKAGE = 100


@dataclass(slots=True)
class Searched:
    """What the files show.

    Attributes:
        answers: Whether the handler answers failures; UNKNOWN where that cannot be told.
        is_complete: Whether all that is there could be read.
        is_closed: Whether all that they import is there, or is known.
        retries: What they say of the calls that the handler makes.
    """

    answers: bool | Unknown = False
    is_complete: bool = True
    is_closed: bool = True
    retries: list[Retries] = field(default_factory=list)


class _File(NamedTuple):
    tree: Tree
    folder: str  # the root of its modules
    name: str

    @property
    def key(self) -> tuple[int, str]:
        """Which of all files it is."""
        return id(self.tree), self.name


class Search:
    """A search in the code of one function and its layers."""

    def __init__(self, language: Language, trees: Sequence[Tree], runtime: str | None) -> None:
        self._language = language
        self._roots = [(tree, folder) for tree in trees for folder in language.folders(runtime)]
        self._found = Searched()
        self._read: dict[Hashable, Source] = {}

    def run(self, handler: str | None) -> Searched:
        """Search from the handler, or in all files of the function where it is None."""
        begin: list[_File] = []
        try:
            self._installed = [self._language.installed(tree, folder) for tree, folder in self._roots]
            begin = self._all() if handler is None else self._handler(handler)
            self._follow(list(begin))
        except Unreadable:
            self._found.is_complete = False
        self._look(None if handler is None or not begin else (begin[0].key, handler.rpartition(".")[2]))
        return self._found

    def _look(self, handler: tuple[tuple[int, str], str] | None) -> None:
        """Look at what was read."""
        if self._language is PYTHON:
            self._found.answers, self._found.retries = what_code_shows(self._read, handler=handler, find=self._key)
            return
        answers = [javascript_answers(source.text) for source in self._read.values()]
        self._found.answers = True if True in answers else UNKNOWN if UNKNOWN in answers else False

    def _key(self, module: str) -> tuple[int, str] | None:
        found = self._file([module])
        return None if found is None else found.key

    def _handler(self, handler: str) -> list[_File]:
        module = handler.rpartition(".")[0]
        found = self._file([module.replace(".", "/"), module])
        if found is None:
            raise Unreadable(handler)
        return [found]

    def _all(self) -> list[_File]:
        tree, folder = self._roots[0]
        names = [name for name in tree.names() if self._language.is_source(name) and not is_known(name)]
        installed = self._installed[0]
        return [_File(tree, folder, name) for name in names if self._package_of(name) not in installed]

    def _follow(self, waiting: list[_File]) -> None:
        while waiting:
            file = waiting.pop()
            if file.key in self._read:
                continue
            if len(self._read) == _MOST_FILES:
                raise Unreadable(file.name)
            source = Source(file.name.removeprefix(file.folder), file.tree.text(file.name))
            self._read[file.key] = source
            for modules in self._language.imports(source.text, source.name):
                if not is_known(modules[0]) and not self._is_installed(modules[0]):
                    found = self._file(modules)
                    if found is not None:
                        waiting.append(found)
                    self._found.is_closed &= found is not None or self._language.is_standard(modules[0])

    def _file(self, modules: Iterable[str]) -> _File | None:
        for module in filter(None, modules):
            for tree, folder in self._roots:
                for suffix in self._language.suffixes:
                    if tree.has(name := f"{folder}{module}{suffix}"):
                        return _File(tree, folder, name)
        return None

    def _package_of(self, name: str) -> str:
        return self._language.package(name.removesuffix(".py"))

    def _is_installed(self, module: str) -> bool:
        package = self._language.package(module)
        for (tree, folder), installed in zip(self._roots, self._installed, strict=True):
            if package in installed:
                self._look_into(tree, f"{folder}{package}")
                return True
        return False

    def _look_into(self, tree: Tree, package: str) -> None:
        """A package that answers failures for its users: whether it does so for this one, nobody can see."""
        sources = (name for name in tree.names(package) if self._language.is_source(name))
        alone = (name for name in [f"{package}{suffix}" for suffix in self._language.endings] if tree.has(name))
        found = list(islice(chain(alone, sources), _LARGE_PACKAGE + 1))
        if len(found) <= _LARGE_PACKAGE and any(names_the_answer(tree.text(name)) for name in found):
            self._found.is_complete = False
