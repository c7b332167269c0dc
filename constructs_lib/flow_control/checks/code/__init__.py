"""What a function's code shows of how it treats a batch: text is read, and nothing is executed.

The search begins at the handler and follows the imports, so that functions that share a folder of code are told apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.flow_control.checks.code.files import SingleFile, Tree, Unreadable, open_tree
from constructs_lib.flow_control.checks.code.languages import JAVASCRIPT, PYTHON, Language
from constructs_lib.flow_control.checks.code.retries import longest
from constructs_lib.flow_control.checks.code.search import Search

_LANGUAGES: dict[str, Language] = {"python": PYTHON, "nodejs": JAVASCRIPT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What code shows.

    Attributes:
        answers_failures: Whether it answers `batchItemFailures`, itself or with a helper; UNKNOWN where it cannot be
            read to the end, None where it is in a language that nobody reads.
        call_attempts: The calls that it makes in one invocation at the least, if all fail: tenacity's attempts. None:
            it does not say; UNKNOWN: it retries, and how often cannot be read.
        call_timeout: The seconds that a call may take at most: a client's timeout. None: it does not say.
        call_retry_wait: The seconds between two attempts at most; their mean where they grow. None: it does not say;
            UNKNOWN: it waits, and how long cannot be read.
    """

    answers_failures: bool | Unknown | None
    call_attempts: int | Unknown | None = None
    call_timeout: float | None = None
    call_retry_wait: float | Unknown | None = None


#: Code that is there, and that nobody can see: an image, an object in a bucket, a broken archive.
UNSEEN = Code(answers_failures=UNKNOWN)

#: Code in a language that nobody reads: nothing is asked about it.
UNREAD_LANGUAGE = Code(answers_failures=None)


def read(
    code: Path | str | None,
    *,
    runtime: object = None,
    handler: object = None,
    layers: Sequence[Path | None] = (),
    timeout: float | Unknown | None = None,
) -> Code:
    """Read a function's code; never an exception.

    Args:
        code: A folder, a zip archive or a file; the source text of an inline function; None if it cannot be seen.
        runtime: The function's runtime, such as "python3.13". None or a token: the files' names tell the language.
        handler: The function's handler, such as "index.handler". None or a token: all of its files count.
        layers: The folders or archives of its layers; None for one that cannot be seen.
        timeout: The seconds that the function may run: what surely takes longer counts, whatever else cannot be read.

    Returns:
        What the code shows. A function that does not answer failures by itself may do so in a handler that cannot be
        seen, or with what it imports from a layer that cannot be seen: `answers_failures` is UNKNOWN.
    """
    known_runtime = runtime if isinstance(runtime, str) else None
    if known_runtime is not None and _language_of(known_runtime) is None:
        return UNREAD_LANGUAGE
    known_handler = handler if isinstance(handler, str) else None
    if code is None:
        return UNSEEN
    paths = tuple((path, _changed(path)) for path in (code, *layers))
    try:
        return _read(paths, known_runtime, known_handler, None if timeout is UNKNOWN else timeout)
    except (OSError, RecursionError):  # a loop of links, a name too long, a thousand waits added up
        return UNSEEN


def _changed(path: Path | str | None) -> int | None:
    try:
        return path.stat().st_mtime_ns if isinstance(path, Path) else None
    except OSError:
        return None


@lru_cache(maxsize=512)
def _read(
    paths: tuple[tuple[Path | str | None, int | None], ...],
    runtime: str | None,
    handler: str | None,
    timeout: float | None,
) -> Code:
    """Read the code and the layers at these paths; with when each was changed, which makes a new entry of the cache."""
    code, *layers = (path for path, _ in paths)
    try:
        tree = _tree(code, runtime)
        language = _language_of(runtime) if runtime else _language_in(tree)
    except Unreadable:
        return UNSEEN
    if language is None:
        return UNREAD_LANGUAGE
    seen = [layer for layer in map(_layer, layers) if layer is not None]
    # Code that stands in a template has one file; a handler of another is a wrapper, which may call any of it.
    is_elsewhere = isinstance(code, str) and handler is not None and handler.rpartition(".")[0] != "index"
    found = Search(language, [tree, *seen], runtime).run(None if is_elsewhere else handler)
    # A layer that cannot be seen matters only to who imports something that is nowhere else.
    is_certain = found.is_complete and (found.is_closed or len(seen) == len(layers))
    calls = longest(found.retries, allowed=timeout)
    return Code(
        answers_failures=found.answers if found.answers is True or is_certain else UNKNOWN,
        call_attempts=calls.attempts,
        call_timeout=calls.timeout,
        call_retry_wait=calls.wait,
    )


def _tree(code: Path | str | None, runtime: str | None) -> Tree:
    if isinstance(code, Path):
        return open_tree(code)
    if code is None:
        raise Unreadable
    name = "index.js" if runtime and runtime.startswith("nodejs") else "index.py"
    return SingleFile(name, code)


def _layer(layer: Path | str | None) -> Tree | None:
    try:
        return open_tree(layer) if isinstance(layer, Path) else None
    except Unreadable:
        return None


def _language_of(runtime: str) -> Language | None:
    return next((language for name, language in _LANGUAGES.items() if runtime.startswith(name)), None)


def _language_in(tree: Tree) -> Language | None:
    names = [name for name in tree.names() if "node_modules/" not in name]
    return next((language for language in _LANGUAGES.values() if any(map(language.is_source, names))), None)
