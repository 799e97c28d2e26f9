"""A trained PyTorch module, or its weights, as a fitted estimator."""

import copy
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_softmax, softmax

from metarnn.networks import Network
from metarnn.networks.torch_state import parts_of_state
from metarnn.networks.torch_weights import (
    Blocks,
    Converted,
    Part,
    array_of,
    blocks_for,
    flattened,
    from_parts,
    part_of,
)
from metarnn.sequences.scaling import SequenceScaler

from .fitted_state import InputPipeline, state_before_search

#: Readouts that are tried one after the other, for what a module's own code does.
READOUTS = "last", "mean", "max"

#: Modules without an effect on which class is found, once training has ended.
WITHOUT_EFFECT = "Dropout", "Identity", "Softmax", "LogSoftmax", "Sigmoid"


class Found(NamedTuple):
    """What a module computes."""

    network: Network
    members: NDArray[np.float64]  # (n, D)
    scaling: tuple[Any, Any] = (None, None)  # means and deviations (T or 1, I) of the inputs
    numbers: tuple[Any, Any] = (None, None)  # the same (K,) of the targets
    loss: str | None = None  # of an ensemble that averages probabilities of another kind


def read_torch(
    given: Any, n_outputs: int | None, readout: str | None, activation: str | None
) -> Found:
    """Return what a module or a ``state_dict`` computes; see ``RNNClassifier.from_torch``.

    With `n_outputs` of 2, a single output is the logit of the second class.
    """
    if isinstance(given, Mapping):
        parts, dtype = parts_of_state(given, activation)
        return _found(from_parts(parts, dtype), n_outputs, readout or "last")
    if hasattr(given, "scaling") and hasattr(given, "readout_kind"):
        return _own(given, n_outputs)
    if hasattr(given, "members") and hasattr(given, "kind"):  # an ensemble of ours
        parts_found = [_own(member, n_outputs) for member in given.members]
        members = np.concatenate([found.members for found in parts_found])
        return parts_found[0]._replace(members=members, loss=given.kind)
    converted = _converted(given)
    if readout is None and callable(given):
        return _checked(given, converted, n_outputs)
    return _found(converted, n_outputs, readout or "last")


def fitted_model(kind: Any, found: Found, targets: Any, **settings: Any) -> Any:
    """Return an estimator of some targets that computes what is found."""
    (shift, factor), I = found.scaling, found.network.n_inputs  # noqa: E741
    is_rows = shift is not None and len(shift) > 1  # whose features are scaled each by itself
    if is_rows:
        settings["timesteps"] = len(shift)
    if found.loss is not None and found.numbers[0] is None:
        settings["loss"] = found.loss
    model = kind(network=found.network, scale=shift is not None, **settings)
    reader, scaler = model._new_reader(), None
    X = np.zeros((1, len(shift) * I) if is_rows else (1, 1, I))
    if reader.kind == "tokens":
        reader.learn(model, np.full((1, 1), I - 1))
        del model.n_features_in_  # sequences may have any number of tokens
    else:
        reader.learn(model, X)
    if not is_rows:
        reader.n_timesteps = 0  # it has seen no sequence
    if shift is not None:
        scaler = SequenceScaler().fit(X)
        scaler.mean_, scaler.scale_ = np.ravel(shift), np.ravel(factor)
        # A stream after it does not move them.
        scaler.var_, scaler.n_steps_seen_ = scaler.scale_**2, np.inf
    pipeline = InputPipeline(
        _reader=reader,
        n_timesteps_in_=reader.n_timesteps,
        n_channels_in_=I,
        n_outputs_=found.network.n_outputs,
        scaler_=scaler,
        network_=found.network,
        _loss=model.loss,
    )
    state = state_before_search(pipeline, found.members[0])
    if len(found.members) > 1:
        state.members_ = found.members
    model._set_fitted(targets, state)
    return model


def with_outputs(found: Found, order: NDArray[np.int64]) -> Found:
    """Return the same with the scores in another order."""
    network, members = found.network, []
    if (np.diff(order) == 1).all():
        return found
    if "weight_out" not in network.shapes:
        raise ValueError(
            "classes must be in ascending order, as the module's last layer feeds its scores back."
        )
    for weights in found.members:
        blocks: Any = network.unpack(weights)
        own = {name: blocks[name][order] for name in ("weight_out", "bias_out")}
        members.append(network.pack(blocks | own))
    return found._replace(members=np.array(members))


def _converted(given: Any) -> Converted:
    """Return the layers and weights of a module, or of several, as they are after training."""
    is_module = callable(given)
    parts: list[Part] = []
    dtype = "float32"
    for module in flattened(given):
        name = type(module).__name__
        has_weights = any(True for _ in module.parameters())
        if not has_weights and (is_module or name in WITHOUT_EFFECT):
            continue  # what it does shows in the scores, with which the network's are compared
        parts.append(part_of(module, for_training=False))
        if any(str(p.dtype) == "torch.float64" for p in module.parameters()):
            dtype = "float64"
    if not parts or parts[-1].kind != "Linear":
        raise ValueError(
            "The last layer must be a Linear, which gives the scores, got "
            f"{parts[-1].kind if parts else 'none'}."
        )
    return from_parts(parts, dtype)


def _found(converted: Converted, n_outputs: int | None, readout: str) -> Found:
    blocks: Blocks = dict(converted.blocks)
    K = converted.n_outputs
    if K == 1 and n_outputs == 2:  # the logit of the second class
        K = 2
        for name in ("weight_out", "bias_out"):
            blocks[name] = np.concatenate([0 * blocks[name], blocks[name]])
    _check_classes(n_outputs, K)
    network = Network(converted.n_inputs, K, converted.layers, readout, converted.dtype)
    found = converted._replace(blocks=blocks)
    return Found(network, network.pack(blocks_for(network.shapes, found))[None])


def _check_classes(n_classes: int | None, n_scores: int) -> None:
    if n_classes is not None and n_classes != n_scores:
        raise ValueError(
            f"classes has {n_classes} classes, but the module gives {n_scores} scores."
        )


def _own(module: Any, n_outputs: int | None) -> Found:
    """Return what a module computes that ``to_torch`` has made."""
    layers = [module.embedding] if module.embedding is not None else []
    found = _converted([*layers, *module.layers, module.readout])
    blocks: Blocks = dict(found.blocks)
    if (attention := module.attention) is not None:
        blocks["weight_attention"] = array_of(attention.keys.weight)
        blocks["bias_attention"] = array_of(attention.keys.bias)
        blocks["vector_attention"] = array_of(attention.vector)
    for part, values in module.thresholds.items():
        blocks[f"threshold_{part}"] = array_of(values)
    network = Network(
        found.n_inputs, found.n_outputs, found.layers, module.readout_kind, found.dtype
    )
    weights = network.pack(blocks_for(network.shapes, found._replace(blocks=blocks)))
    scaling, numbers = (
        (None, None) if a.shift is None else (array_of(a.shift), array_of(a.factor))
        for a in (module.scaling, module.unscaling)
    )
    if n_outputs is not None and numbers[0] is not None:
        raise ValueError("The module is of a regressor: give it to RNNRegressor.from_torch.")
    if n_outputs is None and numbers[0] is None:
        raise ValueError("The module is of a classifier: give it to RNNClassifier.from_torch.")
    _check_classes(n_outputs, network.n_outputs)
    return Found(network, weights[None], scaling, numbers)


def _checked(module: Any, converted: Converted, n_outputs: int | None) -> Found:
    """Return what computes the same as a module's own code, by the scores of some sequences."""
    network, rng = _found(converted, n_outputs, "last").network, np.random.default_rng(0)
    if network.input_kind == "tokens":
        X = rng.integers(network.n_inputs, size=(3, 7)).astype(float)
    else:
        X = rng.normal(size=(3, 7, network.n_inputs))
    try:
        scores = _scores_of(module, X, tokens=network.input_kind == "tokens")
    except Exception as error:
        raise ValueError(
            "The module's own code cannot be called with sequences alone "
            f"({type(error).__name__}), to see what its Linear is applied to: give readout, "
            "'last' for the last states, 'mean' or 'max'."
        ) from None
    for readout in READOUTS:
        found = _found(converted, n_outputs, readout)
        if _agree(scores, found.network.scores(found.members[0], X)):
            return found
    raise ValueError(
        "The module's scores are not those of its Linear applied to the last states in each "
        "direction, the mean or the largest of the steps, so it does something that has no "
        "counterpart here; out[:, -1] of a bidirectional layer, for one, is not its last states. "
        "To convert it all the same, give readout."
    )


def _scores_of(module: Any, X: NDArray[Any], tokens: bool) -> NDArray[np.float64]:
    """Return the scores (B, K) of sequences from a module, which is left as it is."""
    import torch

    module = copy.deepcopy(module).cpu().eval()
    recurrent = next(m for m in module.modules() if isinstance(m, torch.nn.RNNBase))
    given = torch.tensor(X, dtype=torch.int64 if tokens else next(module.parameters()).dtype)
    with torch.no_grad():
        scores = module(given if recurrent.batch_first else given.transpose(0, 1))
    return array_of(scores).reshape(len(X), -1)


def _agree(given: NDArray[np.float64], scores: NDArray[Any]) -> bool:
    """Whether scores are those given, which may be probabilities, or one logit of two classes."""
    scores = scores.astype(float)
    if given.shape[1] == 1 and scores.shape[1] == 2:
        logit = scores[:, 1:] - scores[:, :1]
        forms = [logit, expit(logit)]
    else:
        forms = [scores, softmax(scores, axis=1), log_softmax(scores, axis=1)]
    atol = 3e-3 * np.abs(given).max(initial=0)
    return any(f.shape == given.shape and np.allclose(f, given, 1e-2, atol) for f in forms)
