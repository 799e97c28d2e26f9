"""A network without its last linear map: the features that this map reads are its scores."""

from dataclasses import fields
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from metarnn.engine.graph import Program
from metarnn.engine.signals import Signal
from metarnn.nodes.scan import Scan
from metarnn.nodes.sum import Sum

from .network import Network

Floats = NDArray[np.float64]

#: The names of the weights of the last linear map begin and end so.
READOUT = "weight_out", "bias_out"


class Trunk(Network):
    """What a network has ahead of the linear map of its outputs.

    Its `n_outputs` are those of the network, so that it takes the same targets; its scores are
    the F features, for each sequence or each step. Flat weights are those of the network, without
    the last K (F + 1).

    Raises
    ------
    ValueError
        A network whose outputs do not come from a linear map of its readout: one with a decoder,
        or whose last layer scores the classes itself, as a Jordan layer does.
    """

    @classmethod
    def of(cls, network: Network) -> Self:
        """Return the trunk of a network."""
        if network.decodes or READOUT[0] not in network.shapes:
            what = "a decoder" if network.decodes else "a last layer that scores by itself"
            raise ValueError(
                "A readout can be solved where it is a linear map of the steps or of a pool of "
                f"these; this network has {what}: {network}."
            )
        return cls(**{field.name: getattr(network, field.name) for field in fields(network)})

    @cached_property
    def program(self) -> Program:
        """The nodes ahead of the last one, and a copy of what that one reads."""
        whole = super().program
        *nodes, last = whole.nodes
        if not (isinstance(last, Scan) and last.suffix == "_out"):
            return whole  # which `of` refuses
        source = last.source
        target = Signal(last.target.buffer, 0, source.n_rows, source.clock)
        buffers = [*whole.buffers]
        buffers[target.buffer] = source.n_rows, source.clock
        copy = Sum(target, last.first, "", (source,))
        return Program(whole.n_inputs, (*nodes, copy), tuple(buffers), target)

    @property
    def n_features(self) -> int:
        """F, without the constant one."""
        return self.program.scores.n_rows

    def joined(self, weights: Floats, coefficients: Floats, intercepts: Floats) -> Floats:
        """Return weights (P, D) of the network.

        Parameters
        ----------
        weights : (P, D - K (F + 1)) array
            Of the trunk.
        coefficients, intercepts : (P, F, K) and (P, K) arrays
            Of the linear map.
        """
        P = len(weights)
        maps = coefficients.swapaxes(1, 2).reshape(P, -1)
        return np.concatenate([weights, maps, intercepts], axis=1)
