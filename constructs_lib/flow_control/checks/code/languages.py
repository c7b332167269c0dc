"""What Python and JavaScript sources import, and what tells that they answer failures. Nothing is run."""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.flow_control.checks.code.files import Tree
from constructs_lib.flow_control.checks.code.syntax import imported_from, parsed, with_slashes

#: What a handler answers with.
ANSWER = "batchItemFailures"

#: What only code that answers so names.
_ANSWERS = {
    ANSWER,
    "process_partial_response",  # Powertools for Python
    "async_process_partial_response",
    "SqsFifoPartialProcessor",
    "processPartialResponse",  # Powertools for TypeScript
    "processPartialResponseSync",
    "sqsPartialBatchFailure",  # middy
    "@middy/sqs-partial-batch-failure",
    "flow_controlled",  # this library
}

#: What somebody else may call so too: it counts in code that names where it is from.
_HELPERS = {
    "batch_processor",
    "async_batch_processor",
    "BatchProcessor",
    "AsyncBatchProcessor",
    "BatchProcessorSync",
    "CheckHandler",
}
_FROM = (
    "powertools.utilities.batch",
    "powertools.utilities import batch",
    "aws-lambda-powertools/batch",
    "constructs_lib",
)
_ALL = _ANSWERS | _HELPERS
_WORD = re.compile(r"@middy/[\w-]+|\w+")

#: They name the answer in their own code, whatever the function takes from them.
_KNOWN = {"aws_lambda_powertools", "constructs_lib", "@aws-lambda-powertools", "boto3", "botocore"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """How to find one's way in sources of one language. A module's name has slashes, and no suffix.

    Attributes:
        suffixes: What a module's name may be followed by in the name of its file.
        endings: Those of the files that are sources.
        folders: Where code ("") and layers have their modules; for a runtime, or None where it is not known.
        imports: For each import of a source, in a module of this name, the modules that it may mean.
        installed: The packages that an installer put into a folder.
        package: The package that a module would belong to, if it were installed.
        is_standard: Whether a module comes with the runtime.
    """

    suffixes: tuple[str, ...]
    endings: tuple[str, ...]
    folders: Callable[[str | None], tuple[str, ...]]
    imports: Callable[[str, str], Iterator[tuple[str, ...]]]
    installed: Callable[[Tree, str], set[str]]
    package: Callable[[str], str]
    is_standard: Callable[[str], bool]

    def is_source(self, name: str) -> bool:
        """Whether a file is of this language."""
        return name.endswith(self.endings)


def is_known(module: str) -> bool:
    """Whether a module is of a package that needs no look: it answers failures in the code of who uses it."""
    return not _KNOWN.isdisjoint(module.split("/")[:2])


def names_the_answer(text: str) -> bool:
    """Whether a text, of whatever language, names what only an answer of failures needs."""
    # Most texts have none of them, which is the quicker question.
    return any(each in text for each in _ALL) and not sought(text).isdisjoint(_WORD.findall(text))


def sought(text: str) -> set[str]:
    """The names by which a source answers failures."""
    return _ALL if any(each in text for each in _FROM) else _ANSWERS


def _python_folders(runtime: str | None) -> tuple[str, ...]:
    return ("", "python/", *([f"python/lib/{runtime}/site-packages/"] if runtime else []))


def _python_imports(source: str, name: str) -> Iterator[tuple[str, ...]]:
    tree = parsed(source)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Import):
            yield from ((with_slashes(alias.name),) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = imported_from(node, name)
            yield from ((f"{base}/{alias.name}".lstrip("/"), base) for alias in node.names)


def _python_installed(tree: Tree, folder: str) -> set[str]:
    records = (name for name in tree.top(folder) if name.endswith(".dist-info"))
    files = (tree.text(f"{folder}{name}/RECORD") for name in records if tree.has(f"{folder}{name}/RECORD"))
    lines = (line for file in files for line in file.splitlines())
    return {line.partition(",")[0].partition("/")[0].removesuffix(".py") for line in lines}


def _python_package(module: str) -> str:
    return module.partition("/")[0]


PYTHON = Language(
    suffixes=(".py", "/__init__.py"),
    endings=(".py",),
    folders=_python_folders,
    imports=_python_imports,
    installed=_python_installed,
    package=_python_package,
    is_standard=lambda module: _python_package(module) in sys.stdlib_module_names,
)

_NODE = {"aws-sdk", "buffer", "child_process", "crypto", "events", "fs", "http", "https", "os", "path", "process"}
_NODE |= {"querystring", "stream", "string_decoder", "timers", "tls", "url", "util", "zlib"}
_IMPORT = re.compile(r"""(?:\bfrom|\bimport|\brequire)\s*\(?\s*["']([^"'\n]+)["']""")
# A comment that begins within a line is left alone: // stands in many a string.
_COMMENT = re.compile(r"/\*.*?\*/|^\s*//[^\n]*", re.DOTALL | re.MULTILINE)


# A property that is neither set nor filled is the answer of somebody else.
_READ = re.compile(r"\.batchItemFailures\b(?!\s*(?:=(?!=)|\??\.(?:push|unshift|splice)\b))")
_HANDLER = re.compile(
    r"(?:\bexports\.\w+\s*=|\bexport\s+(?:const|let|var)\s+\w+[^=\n]*=|\bexport\b)\s*"
    r"(?:async\b\s*)?(?:function\b\s*\w*\s*)?\(?\s*(?:event|evt|e)\b"
)


def javascript_answers(source: str) -> bool | Unknown:
    """Whether a source of JavaScript answers a batch with its failures; a comment does not.

    UNKNOWN where it reads those of somebody else, or has several handlers, of which any may be the one that answers.
    """
    if not names_the_answer(source) or not names_the_answer(code := _COMMENT.sub("", source)):
        return False
    return UNKNOWN if len(_HANDLER.findall(code)) > 1 or not names_the_answer(_READ.sub("", code)) else True


def _javascript_imports(source: str, name: str) -> Iterator[tuple[str, ...]]:
    for specifier in _IMPORT.findall(_COMMENT.sub("", source)):
        if not specifier.startswith("."):
            yield (f"node_modules/{specifier}",)
            continue
        parts = name.split("/")[:-1]
        for step in specifier.split("/"):
            parts = parts[:-1] if step == ".." else parts if step in {".", ""} else [*parts, step]
        yield (re.sub(r"\.[cm]?[jt]s$", "", "/".join(parts)),)


def _javascript_installed(tree: Tree, folder: str) -> set[str]:
    found = tree.top(f"{folder}node_modules/")
    scopes = [name for name in found if name.startswith("@")]
    scoped = [f"{scope}/{name}" for scope in scopes for name in tree.top(f"{folder}node_modules/{scope}/")]
    return {f"node_modules/{name}" for name in [*found, *scoped]}


def _javascript_package(module: str) -> str:
    parts = module.split("/")
    return "/".join(parts[:3] if len(parts) > 1 and parts[1].startswith("@") else parts[:2])


def _javascript_is_standard(module: str) -> bool:
    name = module.removeprefix("node_modules/").removeprefix("node:")
    return name.partition("/")[0] in _NODE or name.startswith(("@aws-sdk/", "@smithy/"))


#: JavaScript, and the TypeScript that a template leaves to its tool to bundle.
JAVASCRIPT = Language(
    suffixes=(".js", ".mjs", ".cjs", ".ts", ".mts", "/index.js", "/index.mjs", "/index.ts"),
    endings=(".js", ".mjs", ".cjs", ".ts", ".mts"),
    folders=lambda _: ("", "nodejs/"),
    imports=_javascript_imports,
    installed=_javascript_installed,
    package=_javascript_package,
    is_standard=_javascript_is_standard,
)
