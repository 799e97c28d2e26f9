"""Suites: problems that do not change any more, to compare optimizers on."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from metarnn.validation import check_choice

#: The file of each suite.
SUITES: Mapping[str, Path] = MappingProxyType({"suite-1": Path(__file__).with_name("suite_1.toml")})

#: A suite is split once: settings are chosen on the first part, and compared on the second.
PARTS = "tuning", "evaluation"
#: By which the weights of networks grow.
SIZES = "small", "medium", "large"
#: Settings of networks that problems leave open, whatever the defaults of other doors become.
FIXED = {"activation": "tanh", "bidirectional": False, "readout": "last", "residual": False}


@dataclass(frozen=True)
class SuiteProblem:
    """A problem of a suite: data, a network and a loss.

    Attributes
    ----------
    name, group, why : str
        Its name, that of its kind, and what makes it hard.
    part : {"tuning", "evaluation"}
        The part of the suite that it is in.
    data : dict
        An entry of a study's `datasets`.
    network : dict
        What :meth:`metarnn.Network.build` takes, without `hidden`; `depth` layers, by default 1.
    hidden : tuple of int
        Units of each layer, for the sizes small, medium and large.
    loss : str
        A name in ``metarnn.criteria.CRITERIA``.
    """

    name: str
    group: str
    part: str
    why: str
    data: Mapping[str, Any]
    network: Mapping[str, Any]
    hidden: tuple[int, int, int]
    loss: str = "cross_entropy"

    @property
    def dataset(self) -> dict[str, Any]:
        """The entry of a study's `datasets`."""
        return {**self.data, "loss": self.loss, "group": self.group}

    def network_of(self, size: str) -> tuple[str, dict[str, Any]]:
        """Return a label and an entry of a study's `networks`, for one size."""
        H, own = self.hidden[SIZES.index(size)], dict(self.network)
        depth, cell = own.pop("depth", 1), own.get("cell", "elman")
        words = [
            cell,
            own.get("activation"),
            own.get("readout"),
            f"{depth}x{H}" if depth > 1 else H,
        ]
        label = "_".join(str(word) for word in words if word is not None)
        return label, FIXED | {"cell": cell, "hidden": (H,) * depth} | own


class Suite(NamedTuple):
    """Problems, and how they are meant to be run.

    Attributes
    ----------
    name : str
        By which studies take it.
    problems : tuple of SuiteProblem
        In the order of its file.
    budget : int
        Passes of a run.
    seeds : int
        How many.
    """

    name: str
    problems: tuple[SuiteProblem, ...]
    budget: int
    seeds: int


@cache
def read_suite(name: str) -> Suite:
    """Return a suite, by its name.

    Parameters
    ----------
    name : str
        "suite-1".

    Returns
    -------
    Suite
        Its problems, and how they are meant to be run.

    Raises
    ------
    ValueError
        There is no such suite.
    """
    stated = tomllib.loads(SUITES[check_choice("suite", name, SUITES)].read_text("utf-8"))
    problems = (
        SuiteProblem(problem, **own | {"hidden": tuple(own["hidden"])})
        for problem, own in stated["problems"].items()
    )
    return Suite(name, tuple(problems), stated["budget"], stated["seeds"])


def datasets_and_networks(name: str, part: str, size: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a study's `datasets` and `networks`, for one part and one size of a suite.

    Raises
    ------
    ValueError
        There is no such suite, part or size.
    """
    check_choice("part", part, PARTS)
    check_choice("size", size, SIZES)
    datasets: dict[str, Any] = {}
    networks: dict[str, Any] = {}
    for problem in read_suite(name).problems:
        if problem.part == part:
            datasets[problem.name] = problem.dataset
            label, network = problem.network_of(size)
            entry = networks.setdefault(label, network | {"datasets": ()})
            entry["datasets"] += (problem.name,)
    return datasets, networks
