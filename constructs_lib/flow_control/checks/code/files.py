"""The files of a function's code or of a layer: a folder, a zip archive, or one source text. Nothing is executed."""

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Protocol

#: Nobody writes a source file larger than this; a bundler may come close.
LARGEST_FILE = 5_000_000


class Unreadable(Exception):
    """Code is there and cannot be read: broken, too large, or not permitted."""


class Tree(Protocol):
    """Files by their names, which are relative to the root and have slashes."""

    def has(self, name: str) -> bool:
        """Whether it is a file here."""

    def names(self, under: str = "") -> Iterator[str]:
        """The names of the files in a folder and below it."""

    def top(self, folder: str) -> set[str]:
        """The names of the files and folders in a folder ("" or with a slash at its end), but not below."""

    def text(self, name: str) -> str:
        """A file's text; raises Unreadable."""


class Folder:
    """Files in a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def has(self, name: str) -> bool:
        """Whether it is a file here."""
        try:
            return _is_inside(name) and (self._root / name).is_file()
        except OSError:  # a name that no file can have
            return False

    def names(self, under: str = "") -> Iterator[str]:
        """The files below a folder."""
        for folder, folders, files in os.walk(self._root / under):
            folders.sort()
            yield from ((Path(folder) / name).relative_to(self._root).as_posix() for name in sorted(files))

    def top(self, folder: str) -> set[str]:
        """What is in a folder."""
        try:
            return {path.name for path in (self._root / folder).iterdir()}
        except OSError:
            return set()

    def text(self, name: str) -> str:
        """A file's text."""
        if not self.has(name):  # a pipe may never open, a device never end
            msg = f"{name} is no regular file"
            raise Unreadable(msg)
        try:
            with (self._root / name).open("rb") as file:
                return _decoded(name, file.read(LARGEST_FILE + 1))
        except OSError as error:
            raise Unreadable(str(error)) from error


class Archive:
    """Files in a zip archive, which is unpacked in memory only, and one file at a time."""

    def __init__(self, path: Path) -> None:
        try:
            self._archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise Unreadable(str(error)) from error
        self._names = {name for name in self._archive.namelist() if not name.endswith("/")}

    def has(self, name: str) -> bool:
        """Whether it is a file here."""
        return name in self._names

    def names(self, under: str = "") -> Iterator[str]:
        """The files below a folder."""
        folder = f"{under}/" if under else ""
        return (name for name in sorted(self._names) if name.startswith(folder))

    def top(self, folder: str) -> set[str]:
        """What is in a folder."""
        return {name[len(folder) :].partition("/")[0] for name in self._names if name.startswith(folder)}

    def text(self, name: str) -> str:
        """A file's text."""
        try:
            with self._archive.open(name) as file:
                return _decoded(name, file.read(LARGEST_FILE + 1))
        # What a broken archive raises is more than BadZipFile: an unknown compression, a password, a bad checksum.
        except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
            raise Unreadable(str(error)) from error


class SingleFile:
    """One file, whose text is at hand."""

    def __init__(self, name: str, text: str) -> None:
        self._name, self._text = name, text

    def has(self, name: str) -> bool:
        """Whether it is a file here."""
        return name == self._name

    def names(self, under: str = "") -> Iterator[str]:
        """The files below a folder."""
        return iter([] if under else [self._name])

    def top(self, folder: str) -> set[str]:
        """What is in a folder."""
        return set() if folder else {self._name}

    def text(self, name: str) -> str:
        """A file's text."""
        if name != self._name:
            raise Unreadable(name)
        return self._text


def open_tree(path: Path) -> Tree:
    """The files at a path: those of a folder, of a zip archive, or the one file that it is.

    Raises:
        Unreadable: Nothing is there, or it cannot be read.
    """
    if path.is_dir():
        return Folder(path)
    if not path.is_file():
        msg = f"{path} is neither a folder nor a regular file"
        raise Unreadable(msg)
    if path.suffix.lower() == ".zip" or zipfile.is_zipfile(path):
        return Archive(path)
    return SingleFile(path.name, Folder(path.parent).text(path.name))


def _is_inside(name: str) -> bool:
    return ".." not in PurePosixPath(name).parts and not name.startswith("/")


def _decoded(name: str, data: bytes) -> str:
    if len(data) > LARGEST_FILE:
        msg = f"{name} is larger than {LARGEST_FILE} bytes"
        raise Unreadable(msg)
    return data.decode("utf-8", errors="replace")
