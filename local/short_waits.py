"""Lets a DelayedCheck cross EventBridge Scheduler in seconds instead of a quarter of an hour."""

from constructs_lib.runtime.delayed_check.contract import ENVIRONMENT_PREFIX, Settings
from local.clients import Clients


def environment(clients: Clients, function: str) -> dict[str, str]:
    """A function's environment."""
    configuration = clients.client("lambda").get_function_configuration(FunctionName=function)
    return dict(configuration.get("Environment", {}).get("Variables", {}))


def shorten_waits(clients: Clients, function: str, *, longest_sqs_delay: int, schedule_lead: int) -> None:
    """Change what the function that starts checks was deployed with; a layer or template need not know of it.

    Args:
        clients: Where the function is.
        function: The library's function that starts checks.
        longest_sqs_delay: Seconds above which a delay goes through Scheduler.
        schedule_lead: Seconds that Scheduler is early.
    """
    variables = environment(clients, function)
    for name in [name for name in variables if name.startswith(ENVIRONMENT_PREFIX)]:
        settings = Settings.from_json(variables[name])
        changed = settings._replace(longest_sqs_delay=longest_sqs_delay, schedule_lead=schedule_lead)
        variables[name] = changed.to_json()
    clients.client("lambda").update_function_configuration(FunctionName=function, Environment={"Variables": variables})
