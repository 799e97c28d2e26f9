"""Every way to say which network: a Network, layers, or a table of settings as TOML has it."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from metarnn.defaults import network_settings
from metarnn.layers import Decoder, Embedding, Layer
from metarnn.layers.table import layer_table, layers_of
from metarnn.validation import check_choice

from .network import Network

#: What a network has besides its layers.
BESIDE_LAYERS = "readout", "dtype", "init_scale"

#: The settings of :meth:`Network.build` with their defaults, and the names of those of layers.
BUILD = {
    p.name: p.default
    for p in inspect.signature(Network.build).parameters.values()
    if p.kind is p.KEYWORD_ONLY
}
OF_LAYERS = tuple(name for name in BUILD if name not in BESIDE_LAYERS)

#: A description of a network.
Description = Network | Sequence[Layer | Mapping[str, Any]] | Mapping[str, Any]


def resolve_network(given: Any, n_inputs: int, n_outputs: int, **defaults: Any) -> Network:
    """Return the network that is given, for data of so many inputs and outputs.

    Parameters
    ----------
    given : Network, sequence of Layer, or mapping
        A network, which must fit; layers of ``metarnn.layers``, or tables of their settings; a
        mapping with such ``layers`` and optionally ``readout``, ``dtype`` and ``init_scale``; or
        a mapping of settings of :meth:`metarnn.Network.build`. In TOML: ``readout = "mean"``, then
        ``[[layers]]`` with ``kind = "Recurrent"`` and ``hidden = 16``.
    n_inputs : int
        I; the number of different tokens, where the first layer embeds them. A network, or given
        vectors, may know more of these.
    n_outputs : int
        K.
    **defaults
        ``readout``, ``dtype`` and ``init_scale``, where what is given does not say so.

    Returns
    -------
    Network
        That given, or the one it describes.

    Raises
    ------
    TypeError, ValueError
        Something else, an unknown name, or a network for other data.
    """
    if isinstance(given, Network):
        return _fitting(given, n_inputs, n_outputs)
    settings = settings_of(given)
    if "layers" not in settings:
        n_inputs = _n_tokens(settings.get("embedding"), n_inputs)
        return Network.build(n_inputs, n_outputs, **network_settings(defaults | settings))
    layers = settings["layers"]
    settings = defaults | settings
    if any(isinstance(layer, Decoder) for layer in layers) and "readout" not in settings_of(given):
        settings["readout"] = "steps"
    return Network(_n_tokens(layers[0] if layers else None, n_inputs), n_outputs, **settings)


def joined_description(
    given: Any, settings: Mapping[str, Any], defaults: Mapping[str, Any]
) -> Description:
    """Return a network that is given as any of these, or None, with settings given beside it.

    Settings are for what it leaves open: layers leave nothing open but `readout`, `dtype` and
    `init_scale`, a network nothing at all. Settings at their default need not be left out.

    Raises
    ------
    TypeError, ValueError
        No network, or a setting of something that it says by itself.
    """
    if given is None:
        return {name: value for name, value in settings.items() if value is not None}
    said, left_open = settings_of(given), {}
    for name, value in settings.items():
        if value is None:
            continue  # left open
        if name not in said and not ("layers" in said and name in OF_LAYERS):
            left_open[name] = value
        elif name not in defaults or repr(value) != repr(defaults[name]):
            raise ValueError(
                f"{name}={value!r} is given beside a network that says it by itself: leave one "
                "of the two out."
            )
    if isinstance(given, Network):
        return given
    if any(isinstance(layer, Decoder) for layer in said.get("layers", ())):
        left_open.pop("readout", None)  # it scores each step
    return left_open | said


def settings_of(given: Any) -> dict[str, Any]:
    """Return the settings that a description gives, checked by name, its layers as Layers."""
    if isinstance(given, Network):
        return {name: getattr(given, name) for name in ("layers", *BESIDE_LAYERS)}
    if isinstance(given, Mapping):
        settings = dict(given)
        names = ("layers", *BESIDE_LAYERS) if "layers" in settings else ("layers", *BUILD)
        for name in settings:
            if "layers" in settings and name in OF_LAYERS:
                raise ValueError(f"{name} is said by the layers; leave out one of the two.")
            check_choice("setting of a network", name, names)
    else:
        settings = {"layers": given}
    if "layers" in settings:
        layers = settings["layers"]
        if isinstance(layers, str | Mapping) or not isinstance(layers, Sequence):
            raise TypeError(
                "a network must be a Network, a list of layers of metarnn.layers, or a table of "
                f"settings, got {layers!r}."
            )
        settings["layers"] = layers_of(layers)
    # Lists are what TOML has for tuples.
    return {name: tuple(v) if isinstance(v, list) else v for name, v in settings.items()}


def input_kind(given: Any) -> str:
    """Return what X holds for a description: "numbers", "tokens" or "images"."""
    settings = settings_of(given)
    if "layers" in settings:
        layers = settings["layers"]
        return layers[0].input_kind if layers else "numbers"
    if settings.get("embedding") is not None:
        return "tokens"
    return "images" if settings.get("grid") is not None else "numbers"


def network_table(network: Network) -> dict[str, Any]:
    """Return a network as a table, without inputs and outputs; :func:`resolve_network` reads it."""
    beside = {name: getattr(network, name) for name in BESIDE_LAYERS}
    return beside | {"layers": [layer_table(layer) for layer in network.layers]}


def _fitting(network: Network, n_inputs: int, n_outputs: int) -> Network:
    """Return a network, or raise a ValueError if it is for other data."""
    tokens = network.input_kind == "tokens"
    fits = n_inputs <= network.n_inputs if tokens else n_inputs == network.n_inputs
    if not fits or network.n_outputs != n_outputs:
        inputs = "tokens" if tokens else "inputs"
        raise ValueError(
            f"the network is for {network.n_inputs} {inputs} and {network.n_outputs} outputs, but "
            f"the data have {n_inputs} {inputs} and {n_outputs} outputs: make another, or give "
            "its layers, which fit any data."
        )
    return network


def _n_tokens(layer: Any, n_inputs: int) -> int:
    """Return the inputs of a network with this first layer: given vectors may be of more tokens."""
    if not isinstance(layer, Embedding) or layer.vectors is None:
        return n_inputs
    n = len(layer.vectors.values)
    if n < n_inputs:
        raise ValueError(
            f"X holds the token {n_inputs - 1}, but embedding has vectors for {n} tokens only, "
            f"0 to {n - 1}."
        )
    return n
