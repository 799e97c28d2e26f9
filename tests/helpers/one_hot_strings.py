"""Strings out of one-hot inputs."""

from metarnn.datasets import Dataset


def strings_of(data: Dataset, symbols: str) -> list[str]:
    assert data.lengths is not None
    found = []
    for x, length in zip(data.X, data.lengths, strict=True):
        assert not x[length:].any()
        assert (x[:length].sum(axis=1) == 1).all()
        found.append("".join(symbols[code] for code in x[:length].argmax(axis=1)))
    return found
