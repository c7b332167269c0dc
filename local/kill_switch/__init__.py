"""Kills a provider's function at a chosen point, on this machine only: the functions get it as one more layer.

    kills = Kills(folder)
    kills.after("create", resource="Web1", times=1)    # the next invocation for Web1 that gets there dies there

Who dies is told by files, because functions run on this machine and each must die once however many run at once.
"""

from pathlib import Path

from constructs_lib.runtime.custom_resource.testing import POINTS

#: The steps of the library's protocol after which a function can be killed, in their order.
STEPS = POINTS
#: Calls of the author's other methods, after which it can be killed too.
CALLS = ("update", "delete", "find", "poll")
#: The environment variable that names the folder of orders.
ORDERS = "DEMO_KILL_ORDERS"
#: The environment variable that names the handler that a plain function has by itself.
HANDLER = "DEMO_HANDLER"
LAYER = Path(__file__).with_name("layer")


class Kills:
    """Orders to die.

    Args:
        folder: Where they are; functions see the same.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def after(self, step: str, *, resource: str, times: int = 1) -> None:
        """Let the next invocations for a resource, by its logical id, die after a step.

        Raises:
            ValueError: There is no such step.
        """
        if step not in STEPS + CALLS:
            msg = f"a function can be killed after one of {', '.join(STEPS + CALLS)}, got {step}"
            raise ValueError(msg)
        for number in range(times):
            (self.folder / f"{resource}.{step}.{number}").touch()

    def left(self, *, resource: str) -> int:
        """Orders that nobody has carried out."""
        return len(list(self.folder.glob(f"{resource}.*")))

    def forget(self, *, resource: str) -> None:
        """Take the orders back."""
        for order in self.folder.glob(f"{resource}.*"):
            order.unlink(missing_ok=True)
