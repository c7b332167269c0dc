"""How long the Create of a stack takes whose only resource is a custom one: IdempotentProvider beside CDK's Provider.

Each Create is cold: every function of its provider has just been changed, so that no started one is left. The two take
turns on the same embedded emulator, with CloudFormation's calls made asynchronous as on AWS. It is measured twice: with
an author's code that makes one call of AWS with boto3, as most custom resources do, and with one that does nothing.
The figure to quote is the median of the pairs' ratios.
"""

import argparse
import json
import shlex
import sys
import time
from statistics import median

from local.deploy import Deployer
from local.emulator import ROOT, Emulator
from local.errors import LocalError

#: What each provider is called in the table.
PEER, OWN = "CDK's Provider", "IdempotentProvider"
PAIRS = 9
#: What the author's code does, by what is told of it.
KINDS = {"calls": "the author calls AWS with boto3", "idle": "the author does nothing"}
#: What the first figure is to reach.
TARGET = 0.8
_LOOK = 0.005
#: Seconds that the emulator takes to say that a changed function can be used.
_SETTLE = 1.0
_PATIENCE = 60.0


class Bench:
    """Creates stacks on an emulator.

    Args:
        emulator: Where both providers are deployed.
        outputs: Of that deployment.
        kind: What the author's code does.
    """

    def __init__(self, emulator: Emulator, outputs: dict[str, str], kind: str) -> None:
        self._emulator = emulator
        self._kind = kind
        peer, plain, own = (outputs[f"{name}{kind}"] for name in ("peer", "plain", "own"))
        self._tokens = {PEER: peer, OWN: own}
        # CDK's has a function of its own beside the author's.
        self._functions = {PEER: [peer, plain], OWN: [own]}
        self._stacks = 0

    def create(self, provider: str) -> float:
        """Seconds from the request to CREATE_COMPLETE, with no function started; the stack is deleted afterwards."""
        self._cool(provider)
        self._stacks += 1
        name = f"{self._kind}-{self._stacks}"
        cloudformation = self._emulator.client("cloudformation")
        properties = {"ServiceToken": self._tokens[provider], "ServiceTimeout": "30"}
        template = json.dumps({"Resources": {"Thing": {"Type": "Custom::Thing", "Properties": properties}}})
        began = time.perf_counter()
        cloudformation.create_stack(StackName=name, TemplateBody=template)
        while (status := self._status(name)) == "CREATE_IN_PROGRESS":
            time.sleep(_LOOK)
        seconds = time.perf_counter() - began
        if status != "CREATE_COMPLETE":
            raise LocalError(f"{provider}: the stack ended as {status}, not as CREATE_COMPLETE")
        self._delete(name)
        return seconds

    def _cool(self, provider: str) -> None:
        for function in self._functions[provider]:
            # The emulator ends the started ones even when nothing changes.
            timeout = self._emulator.client("lambda").get_function_configuration(FunctionName=function)["Timeout"]
            self._emulator.client("lambda").update_function_configuration(FunctionName=function, Timeout=timeout)
        time.sleep(_SETTLE)

    def _status(self, name: str) -> str:
        return self._emulator.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]

    def _delete(self, name: str) -> None:
        cloudformation = self._emulator.client("cloudformation")
        cloudformation.delete_stack(StackName=name)
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            stacks = cloudformation.list_stacks(StackStatusFilter=["DELETE_IN_PROGRESS"])["StackSummaries"]
            if all(stack["StackName"] != name for stack in stacks):
                return
            time.sleep(_LOOK)


def measure(pairs: int) -> dict[str, dict[str, list[float]]]:
    """Seconds of each Create, by kind and provider, in pairs; the order is turned round every other time."""
    app = shlex.join([sys.executable, "-m", "benchmarks.custom_resource_create_app"])
    with Emulator() as emulator:
        deployer = Deployer(emulator, app=app, folder=ROOT)
        deployer.bootstrap()
        outputs = deployer.deploy()["Providers"]
        return {kind: _in_turns(Bench(emulator, outputs, kind), pairs) for kind in KINDS}


def _in_turns(bench: Bench, pairs: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {PEER: [], OWN: []}
    for number in range(pairs):
        for provider in (PEER, OWN) if number % 2 else (OWN, PEER):
            times[provider].append(bench.create(provider))
    return times


def summary(times: dict[str, list[float]]) -> dict[str, float]:
    """Medians in milliseconds, and the median of the pairs' ratios."""
    ratio = median(own / peer for own, peer in zip(times[OWN], times[PEER], strict=True))
    return {**{provider: median(values) * 1000 for provider, values in times.items()}, "ratio": ratio}


def main() -> None:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS, help="Creates of each (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    try:
        results = {kind: summary(times) for kind, times in measure(arguments.pairs).items()}
    except LocalError as error:
        sys.exit(f"error: {error}")
    if arguments.json:
        print(json.dumps({"milliseconds_and_ratio": results, "target": TARGET}, indent=2))
        return
    print(f"Create of a stack, cold, on the emulator, milliseconds, median of {arguments.pairs} pairs")
    print(f"{'':34}{PEER:>18}{OWN:>20}{'ratio':>8}")
    for kind, figures in results.items():
        print(f"{KINDS[kind]:34}{figures[PEER]:18.0f}{figures[OWN]:20.0f}{figures['ratio']:8.2f}")
    print(f"target of the first: at most {TARGET}")


if __name__ == "__main__":
    main()
