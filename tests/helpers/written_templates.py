"""Templates written for a test, and the app that is read from them."""

import json
from pathlib import Path
from typing import Any

from constructs_lib.flow_control.checks import templates
from constructs_lib.flow_control.checks.app import App, Resource

QUEUE: dict[str, Any] = {"Type": "AWS::SQS::Queue"}


def write(directory: Path, body: object, name: str = "template.json") -> Path:
    """Write a file; what is no text becomes JSON."""
    file = directory / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(body if isinstance(body, str) else json.dumps(body), encoding="utf-8")
    return file


def app_of(directory: Path, resources: dict[str, Any], **sections: Any) -> App:  # noqa: ANN401 - any section
    """The app of one template."""
    return templates.read([write(directory, {"Resources": resources, **sections})])


def named(app: App, logical_id: str, *, file: str = "") -> Resource:
    """The one resource of that logical id, in the template whose path ends so."""
    [found] = [
        each for each in app.resources if each.logical_id == logical_id and str(each.template.file).endswith(file)
    ]
    return found


def reasons(app: App) -> list[str]:
    """What could not be read, without the directory that the test wrote to."""
    return [f"{Path(each.where).name}: {each.why}" for each in app.unread]
