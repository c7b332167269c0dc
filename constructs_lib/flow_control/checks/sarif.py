"""The results as SARIF 2.1.0, which code scanning shows beside the code.

An acknowledged finding is a suppressed result; what could not be checked, or read, is a notification of the run.
The specification: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from constructs_lib._findings import Level
from constructs_lib.flow_control import rules
from constructs_lib.flow_control.checks.acknowledgements import NAMESPACE
from constructs_lib.flow_control.checks.results import Found, Place, Results
from constructs_lib.flow_control.checks.version import installed_version

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

#: A key of JSON or YAML that a line begins with.
_NAME = re.compile(r"""\s*["']?([^"':\s]+)["']?\s*:""")


class _Artifact(NamedTuple):
    """A template's file, read once, however much was found in it: where it is, and on which lines its resources are."""

    uri: str
    lines: Mapping[str, int]


_Artifacts = Mapping[Path, _Artifact]


def as_sarif(results: Results) -> str:
    """The results as a SARIF log."""
    ids = list(dict.fromkeys(rule.id for rule in rules.RULES))
    files = {place.template for each in results.found for place in (each.at, *each.involved)}
    artifacts = {file: _Artifact(_uri(file), _lines(file)) for file in files}
    remarks = [f"{each.at.path}: {each.message}" for each in results.not_checked]
    remarks += [f"{each.where}: {each.why}" for each in results.unread]
    remarks += results.ignored
    run = {
        "tool": {
            "driver": {
                "name": NAMESPACE,
                "version": installed_version(),
                "rules": [_descriptor(rule_id) for rule_id in ids],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not any(each.is_whole_file for each in results.unread),
                "toolExecutionNotifications": [{"level": "note", "message": {"text": text}} for text in remarks],
            }
        ],
        "results": [_result(each, ids.index(each.rule), artifacts) for each in results.found],
        "columnKind": "unicodeCodePoints",
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _descriptor(rule_id: str) -> dict[str, Any]:
    """All sides of a rule in one: SARIF has one description for each id."""
    sides = [each for each in rules.RULES if each.id == rule_id]
    what = "; ".join(dict.fromkeys(each.what for each in sides))
    help_text = "\n\n".join(dict.fromkeys(f"{each.why}\n\nFix: {each.fix}\n\nSource: {each.source}" for each in sides))
    worst = Level.ERROR if any(each.level is Level.ERROR for each in sides) else Level.WARNING
    return {
        "id": rule_id,
        "shortDescription": {"text": what},
        "fullDescription": {"text": " ".join(dict.fromkeys(each.why for each in sides))},
        "help": {"text": help_text},
        "defaultConfiguration": {"level": str(worst)},
    }


def _result(found: Found, rule_index: int, artifacts: _Artifacts) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": found.rule,
        "ruleIndex": rule_index,
        "level": str(found.level),
        "message": {"text": found.message},
        "locations": [_location(found.at, artifacts)],
        "relatedLocations": [_location(each, artifacts) for each in found.involved],
    }
    if found.acknowledged is not None:
        result["suppressions"] = [{"kind": "inSource", "justification": found.acknowledged}]
    return result


def _location(place: Place, artifacts: _Artifacts) -> dict[str, Any]:
    artifact = artifacts[place.template]
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": artifact.uri},
            "region": {"startLine": _line(place.logical_id, artifact.lines)},
        },
        "logicalLocations": [{"fullyQualifiedName": place.path, "kind": "resource"}],
    }


def _line(logical_id: str, lines: Mapping[str, int]) -> int:
    """The line of a resource; the first where the whole template is on one, or its name cannot be found.

    What SAM makes of a function's events has a name that begins with the function's, and stands in no file.
    """
    beginnings = (logical_id[:end] for end in range(len(logical_id), 0, -1))
    return next((lines[name] for name in beginnings if name in lines), 1)


def _uri(file: Path) -> str:
    """Relative where the file is below the current folder, as code scanning wants it."""
    path = file.resolve()
    return quote(path.relative_to(Path.cwd()).as_posix()) if path.is_relative_to(Path.cwd()) else path.as_uri()


def _lines(file: Path) -> dict[str, int]:
    """The lines of a template by the name that each begins with: a resource's, where that is not on another's line."""
    found: dict[str, int] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if named := _NAME.match(line):
            found.setdefault(named[1], number)
    return found
