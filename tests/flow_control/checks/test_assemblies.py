"""Apps as CDK really synthesizes them: references between stacks, nested stacks, stages, tokens, imported queues."""

from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.checks import templates
from constructs_lib.flow_control.checks.app import App, External, Resource
from tests.helpers.written_templates import reasons, write

CODE = "def handler(event, context): return None\n"
METADATA = {"aws:cdk:enable-path-metadata": True, "aws:cdk:enable-asset-metadata": True}
WEAK = {"@aws-cdk/core:defaultCrossStackReferences": "weak"}
ENVIRONMENT = cdk.Environment(account="123456789012", region="eu-west-1")


class Queues(cdk.Stack):
    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        self.orders = sqs.Queue(self, "Orders", visibility_timeout=Duration.seconds(180))
        self.named = sqs.Queue(self, "Named", queue_name="orders")


class Inner(cdk.NestedStack):
    def __init__(self, scope: Construct, id_: str, *, orders: sqs.IQueue, code: Path) -> None:
        super().__init__(scope, id_)
        self.queue = sqs.Queue(self, "Queue")
        consumer(self, "Consumer", orders, code)


class Consumers(cdk.Stack):
    def __init__(self, scope: Construct, id_: str, *, queues: Queues, code: Path) -> None:
        super().__init__(scope, id_)
        parameter = cdk.CfnParameter(self, "QueueArn")
        inner = Inner(self, "Inner", orders=queues.orders, code=code)
        by_arn = {
            "ByName": self.format_arn(service="sqs", resource="orders"),
            "Elsewhere": "arn:aws:sqs:eu-west-1:123456789012:others",
            "Imported": cdk.Fn.import_value("somebody-elses"),
            "Given": parameter.value_as_string,
        }
        for name, arn in by_arn.items():
            consumer(self, name, sqs.Queue.from_queue_arn(self, f"{name}Queue", arn), code)
        consumer(self, "OfNested", inner.queue, code)
        function = consumer(self, "AcrossStacks", queues.orders, code)
        alias = lambda_.Alias(self, "Alias", alias_name="live", version=function.current_version)
        alias.add_event_source(sources.SqsEventSource(queues.named))
        local = sqs.Queue(self, "Local")
        pattern = events.EventPattern(source=["shop"])
        events.Rule(self, "Rule", event_pattern=pattern, targets=[targets.SqsQueue(local)])
        sns.Subscription(
            self, "Subscription", topic=sns.Topic(self, "Topic"), endpoint=inner.queue.queue_arn,
            protocol=sns.SubscriptionProtocol.SQS,
        )  # fmt: skip
        metric = queues.orders.metric_approximate_age_of_oldest_message()
        cloudwatch.Alarm(self, "Alarm", metric=metric, threshold=60, evaluation_periods=1)


class Production(cdk.Stage):
    def __init__(self, scope: Construct, id_: str, *, code: Path) -> None:
        super().__init__(scope, id_, env=ENVIRONMENT)
        Consumers(self, "Consumers", queues=Queues(self, "Queues"), code=code)


def consumer(scope: Construct, id_: str, queue: sqs.IQueue, code: Path) -> lambda_.Function:
    function = lambda_.Function(
        scope,
        id_,
        runtime=lambda_.Runtime.PYTHON_3_12,
        handler="index.handler",
        code=lambda_.Code.from_asset(str(code)),
    )
    function.add_event_source(sources.SqsEventSource(queue))
    return function


@pytest.fixture(
    scope="module",
    params=[{}, {**METADATA, **WEAK}],
    ids=["as a test synthesizes it", "as the CLI does, with weak references"],
)
def assembly(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("app")
    write(directory, CODE, "code/index.py")
    app = cdk.App(outdir=str(directory / "cdk.out"), context=request.param)
    Consumers(app, "Consumers", queues=Queues(app, "Queues"), code=directory / "code")
    Production(app, "Production", code=directory / "code")
    app.synth()
    return directory / "cdk.out"


def path(found: object) -> object:
    return found.path if isinstance(found, Resource) else found


def mapped(app: App, prefix: str = "") -> dict[str, tuple[object, object]]:
    """The queue and the function of each mapping, by the beginning of its path."""
    found = {}
    for each in app.of_type("AWS::Lambda::EventSourceMapping"):
        place = each.path.rpartition("/SqsEventSource:")[0]
        if place.startswith("Production/") == bool(prefix):
            queue = app.target(each, app.raw(each, "Properties", "EventSourceArn"), "AWS::SQS::Queue")
            function = app.function_of(each, app.raw(each, "Properties", "FunctionName"))
            found[place.removeprefix(prefix)] = path(queue), path(function)
    return found


@pytest.mark.parametrize("prefix", ["", "Production/"])
def test_each_mapping_leads_to_its_queue_and_its_function(assembly: Path, prefix: str) -> None:
    app = templates.read([assembly])

    assert app.unread == []
    assert mapped(app, prefix) == {
        "Consumers/AcrossStacks": (f"{prefix}Queues/Orders", f"{prefix}Consumers/AcrossStacks"),
        "Consumers/Alias": (f"{prefix}Queues/Named", f"{prefix}Consumers/AcrossStacks"),
        "Consumers/ByName": (f"{prefix}Queues/Named", f"{prefix}Consumers/ByName"),
        "Consumers/Elsewhere": (
            External("arn:aws:sqs:eu-west-1:123456789012:others"), f"{prefix}Consumers/Elsewhere",
        ),
        "Consumers/Given": (UNKNOWN, f"{prefix}Consumers/Given"),
        "Consumers/Imported": (UNKNOWN, f"{prefix}Consumers/Imported"),
        "Consumers/Inner/Consumer": (f"{prefix}Queues/Orders", f"{prefix}Consumers/Inner/Consumer"),
        "Consumers/OfNested": (f"{prefix}Consumers/Inner/Queue", f"{prefix}Consumers/OfNested"),
    }  # fmt: skip


def test_rules_subscriptions_and_alarms_lead_to_their_queues(assembly: Path) -> None:
    app = templates.read([assembly])
    asked = {
        "AWS::Events::Rule": ("Targets", 0, "Arn"),
        "AWS::SNS::Subscription": ("Endpoint",),
        "AWS::CloudWatch::Alarm": ("Dimensions", 0, "Value"),
    }

    found = {
        each.path: path(app.target(each, app.raw(each, "Properties", *place), "AWS::SQS::Queue"))
        for type_, place in asked.items()
        for each in app.of_type(type_)
    }

    assert found == {
        f"{stage}{name}": f"{stage}{queue}"
        for stage in ("", "Production/")
        for name, queue in {
            "Consumers/Rule": "Consumers/Local",
            "Consumers/Subscription": "Consumers/Inner/Queue",
            "Consumers/Alarm": "Queues/Orders",
        }.items()
    }


def test_the_code_of_the_functions_is_found(assembly: Path) -> None:
    app = templates.read([assembly])

    places = {app.code_of(function) for function in app.of_type("AWS::Lambda::Function")}

    [place] = places
    assert place is not None
    assert (place / "index.py").read_text() == CODE


def test_a_stage_is_a_deployment_apart(assembly: Path) -> None:
    app = templates.read([assembly])

    stages = {each.path: each.stage for each in app.of_type("AWS::SQS::Queue") if each.path.endswith("Named")}

    assert stages == {
        "Queues/Named": str(assembly),
        "Production/Queues/Named": str(assembly / "assembly-Production"),
    }


def test_a_stage_may_be_read_alone(assembly: Path) -> None:
    app = templates.read([assembly / "assembly-Production"])

    assert app.unread == []
    assert {each.path.partition("/")[0] for each in app.resources} == {"Production"}
    assert len(mapped(app, "Production/")) == 8


def test_what_is_given_twice_is_read_once(assembly: Path) -> None:
    once = templates.read([assembly])
    stack = assembly / "Queues.template.json"

    twice = templates.read([assembly, assembly / "assembly-Production", stack, assembly])

    assert [each.path for each in twice.resources] == [each.path for each in once.resources]


def test_a_template_of_an_assembly_may_be_read_alone(assembly: Path) -> None:
    app = templates.read([assembly / "Consumers.template.json"])

    assert app.unread == []
    assert {each.template.stack_name for each in app.of_type("AWS::Events::Rule")} == {"Consumers"}
    assert mapped(app)["Consumers/AcrossStacks"] == (UNKNOWN, "Consumers/AcrossStacks")
    assert mapped(app)["Consumers/OfNested"] == ("Consumers/Inner/Queue", "Consumers/OfNested")


def test_a_plugins_templates_are_those_that_are_named_and_those_that_they_nest(assembly: Path) -> None:
    app = templates.read_files([assembly / "Queues.template.json", assembly / "Consumers.template.json"])

    assert {each.path.partition("/")[0] for each in app.resources} == {"Queues", "Consumers"}
    assert mapped(app)["Consumers/Inner/Consumer"] == ("Queues/Orders", "Consumers/Inner/Consumer")


def test_the_environment_of_a_stack_is_known_where_its_author_set_it(assembly: Path) -> None:
    app = templates.read([assembly])

    places = {each.template.region for each in app.resources if each.path.startswith("Production/")}

    assert places == {"eu-west-1"}


# ---- manifests that are no good -------------------------------------------------------------------------------------


def manifest(directory: Path, *artifacts: object) -> Path:
    write(directory, {"artifacts": {f"A{index}": each for index, each in enumerate(artifacts)}}, "manifest.json")
    return directory


def stack_of(file: str) -> dict[str, object]:
    return {"type": "aws:cloudformation:stack", "properties": {"templateFile": file}}


def stage_of(directory: str) -> dict[str, object]:
    return {"type": "cdk:cloud-assembly", "properties": {"directoryName": directory}}


STACK, STAGE = stack_of("gone.json"), stage_of("gone")


@pytest.mark.parametrize(
    ("artifacts", "expected"),
    [
        ([], ["{name}: has no resources of CloudFormation: nothing to check"]),
        ([5, {}, {"type": 5}], ["{name}: has no resources of CloudFormation: nothing to check"]),
        ([STACK], ["gone.json: cannot be opened: No such file or directory"]),
        ([stack_of("a\0b")], ["a\0b: cannot be opened: embedded null byte"]),
        ([stack_of("a" * 5000)], [f"{'a' * 5000}: cannot be opened: File name too long"]),
        ([stage_of("a\0b")], ["manifest.json: cannot be opened: embedded null byte"]),
        ([stage_of("a" * 5000)], ["manifest.json: cannot be opened: File name too long"]),
        ([STAGE], ["manifest.json: cannot be opened: No such file or directory"]),
        ([{"type": "cdk:asset-manifest"}], ["{name}: has no resources of CloudFormation: nothing to check"]),
    ],
)
def test_what_a_manifest_misses_is_named(tmp_path: Path, artifacts: list[object], expected: list[str]) -> None:
    app = templates.read([manifest(tmp_path, *artifacts)])

    assert reasons(app) == [each.format(name=tmp_path.name) for each in expected]
    assert all(each.is_whole_file for each in app.unread)


@pytest.mark.parametrize("empty", [{}, {"Description": "later"}, {"Outputs": {}}], ids=repr)
def test_a_stack_without_resources_is_in_order(tmp_path: Path, empty: dict[str, object]) -> None:
    nesting = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "nested.json"}}
    write(tmp_path, {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}, "Nested": nesting}}, "full.json")
    write(tmp_path, empty, "empty.json")
    write(tmp_path, empty, "nested.json")

    app = templates.read([manifest(tmp_path, stack_of("full.json"), stack_of("empty.json"))])

    assert app.unread == []
    assert [each.logical_id for each in app.resources] == ["Queue", "Nested"]


def test_an_app_of_an_empty_stack_is_in_order(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    cdk.Stack(app, "Empty")
    app.synth()

    assert templates.read([tmp_path]).unread == []


def test_a_broken_manifest_is_named(tmp_path: Path) -> None:
    write(tmp_path, '{"artifacts": ', "manifest.json")

    assert reasons(templates.read([tmp_path])) == [
        "manifest.json: is broken JSON: Expecting value: line 1 column 15 (char 14)"
    ]


def test_a_manifest_of_something_else_makes_no_assembly(tmp_path: Path) -> None:
    write(tmp_path, {"name": "a web application"}, "manifest.json")
    write(tmp_path, {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})

    assert [each.logical_id for each in templates.read([tmp_path]).resources] == ["Queue"]
