"""The custom-resource experiment: one vendor, two providers, and everything that Lambda may do to their events."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from local.demo.conduct import timed
from local.demo.interleavings import AT_ONCE, PLAYS, QUICK, play_all
from local.demo.machine import machine
from local.demo.real_stacks import play_stacks
from local.demo.rig import Provider, Rig
from local.demo.traffic import SHARE, count_calls, drive, wanted
from local.deploy import Deployer, Outputs
from local.emulator import Emulator
from local.kill_switch import Kills
from local.ledger import Ledger
from local.recorder import Recorder
from local.report.custom_resource.experiment import Experiment, Interleaving
from local.rigging import COUNTED, FUNCTION_TIMEOUT, GRACE, Rigging

#: Seconds before Lambda first retries a failed asynchronous invocation, twice as long before it retries it last; 60 on
#: AWS. It bears the same relation to the functions' time-out as there: a retry may wait out its predecessor's lease.
ASYNC_RETRY = 6.0
#: Creates of the load at each provider.
REQUESTS, QUICK_REQUESTS = 200, 20
VENDOR = "SpotVendorStack"
NAIVE = "ElastigroupWithoutIdempotencyStack"
OURS = {"T": "ElastigroupStack", "Q": "ElastigroupQStack", "N": "ElastigroupNStack"}

NOTES = [
    "All of this ran on an embedded AWS emulator on one machine, not on AWS.",
    "CloudFormation's calls of custom resources are made asynchronous here, as on AWS, by a launcher around the "
    "emulator, whose own are synchronous and never retried. Lambda's two retries then come after "
    f"{ASYNC_RETRY:g} and {2 * ASYNC_RETRY:g} seconds (on AWS: 60 and 120), functions may run {FUNCTION_TIMEOUT} "
    f"seconds, and a lease outlives them by {GRACE:g} second (the default is 10): times to an answer follow from that.",
    '"stack": CloudFormation itself created, changed and deleted the stack. "delivered again": an event that '
    "CloudFormation had sent was delivered as Lambda delivers, for another group and request, with its ResponseURL at "
    'the demo\'s recorder. "rig": the demo sent an event that this emulator does not send.',
    "After each interleaving the demo sends the Delete that CloudFormation would send: of the id in the first answer "
    "that arrived, also when that was FAILED. Such a rollback is the demo's own: the emulator sends none for the "
    "resource that failed.",
    "T: the vendor makes one group for one token. Q: its groups can be looked up by tag. N: neither; then a worker "
    "that dies between the vendor's work and its record leaves something that nobody can know, and the right answer is "
    "FAILED with a reason that says so. The plain handler makes no use of any of this; it is always at T.",
    "CDK's Provider calls the plain handler synchronously: a worker that dies is that of the plain handler, after its "
    "call of the vendor (before it, for --kill-after claim). With --kill-after respond it is the framework's, which "
    "Lambda then runs again.",
    f"The load: in each {SHARE} Creates one is delivered twice. The article saw one in 4,390 (112 of 491,699); at that "
    "rate this run would show none.",
    "Invocations are REPORT lines of the providers' functions; CDK's Provider has two. Calls of DynamoDB were counted "
    "on their way, at another provider; the vendor's are not among them. A Create has one more because of its "
    "checkpoint (ctx.created), and the last write of each operation may fail without harm.",
]


def run(
    emulator: Emulator,
    console: Console,
    life: ExitStack,
    *,
    quick: bool = False,
    kill_after: str = "create",
) -> Experiment:
    """Deploy the vendor and both providers, play everything, and return what was found.

    Args:
        emulator: Where to; running.
        console: Where progress is shown.
        life: Ends what must live as long as the emulator.
        quick: Play the two simplest interleavings and a short load.
        kill_after: The step of the protocol after which workers die.

    Raises:
        LocalError: The deployment failed.
    """
    recorder = life.enter_context(Recorder(forward_to=emulator.endpoint))
    kills = Kills(emulator.folder / "kills")
    outputs = _deploy(emulator, recorder, kills, console)
    rig = Rig(emulator, recorder, Ledger(emulator, outputs[VENDOR]["LedgerTableName"]), kills)
    naive, ours = _providers(outputs)
    with timed(console, "warming up"):
        _warm_up(rig, [naive, *ours.values()])
    found = _interleavings(emulator, rig, console, naive=naive, ours=ours, kill_after=kill_after, quick=quick)
    requests = QUICK_REQUESTS if quick else REQUESTS
    traffic = []
    for provider in (naive, ours["T"]):
        with _counted(console, f"{provider.title}: Creates and Deletes", requests) as done:
            traffic.append(drive(rig, provider, wanted(provider, requests), on_done=done))
    with timed(console, "counting the calls of DynamoDB"):
        calls = count_calls(rig, ours[COUNTED])
    return Experiment(
        made_at=datetime.now().astimezone().isoformat(timespec="seconds"),
        machine=machine(),
        kill_after=kill_after,
        interleavings=found,
        naive=traffic[0],
        ours=traffic[1],
        calls=calls,
        share=SHARE,
        notes=NOTES,
        warnings=[],
    )


def _interleavings(
    emulator: Emulator,
    rig: Rig,
    console: Console,
    *,
    naive: Provider,
    ours: dict[str, Provider],
    kill_after: str,
    quick: bool,
) -> list[Interleaving]:
    with timed(console, "real stacks: created, changed, replaced, deleted; a Create comes again; a worker dies"):
        found = play_stacks(emulator, rig, naive=naive, ours=ours["T"], kill_after=kill_after)
    plays = QUICK if quick else PLAYS
    with _counted(console, "events delivered again", 2 * sum(len(play.modes) for play in plays)) as done:
        return found + play_all(rig, plays, naive=naive, ours=ours, kill_after=kill_after, on_done=done)


@contextmanager
def _counted(console: Console, what: str, total: int) -> Iterator[Callable[[], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)


def _deploy(emulator: Emulator, recorder: Recorder, kills: Kills, console: Console) -> Outputs:
    rigging = Rigging(recorder=recorder.host, orders=str(kills.folder))
    deployer = Deployer(emulator, environment=rigging.to_environment())
    with timed(console, "cdk bootstrap"):
        deployer.bootstrap()
    with timed(console, "cdk deploy: the vendor"):
        outputs = deployer.deploy([VENDOR])
        _start_vendor(emulator, outputs[VENDOR]["VendorFunctionName"])
    with timed(console, "cdk deploy: an elastigroup with CDK's Provider, and one for each kind of vendor with ours"):
        return outputs | deployer.synthesized().deploy([NAIVE, *OURS.values()])


def _start_vendor(emulator: Emulator, function: str) -> None:
    """Start as many vendors as will be asked at once: starting one takes longer than a caller may wait for it."""
    question = json.dumps({"httpMethod": "GET", "path": "/", "pathParameters": {"mode": "-"}}).encode()

    def ask(_number: int) -> None:
        emulator.client("lambda").invoke(FunctionName=function, Payload=question)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(ask, range(AT_ONCE)))


def _providers(outputs: Outputs) -> tuple[Provider, dict[str, Provider]]:
    plain = outputs[NAIVE]
    naive = Provider(
        title="CDK's Provider",
        is_ours=False,
        mode="T",
        service_token=plain["ServiceToken"],
        functions=(plain["FunctionName"], plain["FrameworkFunctionName"]),
    )
    ours = {
        mode: Provider(
            title="IdempotentProvider",
            is_ours=True,
            mode=mode,
            service_token=outputs[stack]["ServiceToken"],
            functions=(outputs[stack]["FunctionName"],),
        )
        for mode, stack in OURS.items()
    }
    return naive, ours


def _warm_up(rig: Rig, providers: list[Provider]) -> None:
    """Let each provider make some groups, so that their functions run: a start takes this machine half a second."""
    for provider in providers:
        names = [f"{provider.prefix}Warm{number}" for number in range(AT_ONCE // 2)]
        creates = {name: rig.create(provider, name) for name in names}
        for create in creates.values():
            rig.deliver(create)
        for name, create in creates.items():
            answer = rig.first_answer(name, seconds=60)
            if answer:
                rig.deliver(rig.delete(create, str(answer.fields.get("PhysicalResourceId"))))
                rig.first_answer(f"{name}-delete", seconds=60)
