"""What the benchmarks share: time things in turn, write the figures."""

import sys
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from daffnet_lite.fileio.json_files import write_json

Key = TypeVar('Key', bound=Hashable)


def time_in_turn(
    steps: Mapping[Key, Callable],
    rounds: int,
    clock: Callable[[], float],
    title: str | None = None,
) -> dict[Key, list[float]]:
    """Let all take a step in each round.

    So whatever else the machine does meets all of them. Every other round
    goes backwards: who comes later may find the caches warm.

    Args:
        steps (Mapping[Key, Callable]): What is timed, by name.
        rounds (int): Measured rounds; one more comes first, unmeasured.
        clock (Callable): Gives the seconds.
        title (str, optional): What to call it on stderr, where each round is
            told. Defaults to None: nothing is told.

    Returns:
        dict[Key, list[float]]: The seconds of each round.
    """
    spent: dict[Key, list[float]] = {key: [] for key in steps}
    for number in range(rounds + 1):
        for key in list(steps)[:: -1 if number % 2 else 1]:
            started = clock()
            steps[key]()
            if number:
                spent[key].append(clock() - started)
        if title and number:
            print(
                f'{title}, round {number} of {rounds} measured',
                file=sys.stderr,
            )
    return spent


def write_figures(out: Path | None, figures: Any) -> None:
    """Write what was measured, if it is wanted, and say so.

    Args:
        out (Path, optional): The JSON file.
        figures: What was measured.
    """
    if out is None:
        return
    write_json(out, figures)
    print(f'wrote {out}')
