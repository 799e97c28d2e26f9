"""A network in a TOML file."""

import tomllib
from pathlib import Path
from typing import Any


def read_network(path: Path) -> dict[str, Any]:
    """Return the table in a TOML file, as ``network=`` of the estimators takes it.

    The file has the settings of ``metarnn.Network.build``, or layers from the data up::

        readout = "mean"

        [[layers]]
        kind = "Recurrent"
        cell = "lstm"
        hidden = 8

    Raises
    ------
    ValueError
        The file is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ValueError(f"there is no file {path}, which --network names.") from None
    except UnicodeDecodeError:
        raise ValueError(f"--network {path} is not text in UTF-8, expected TOML.") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"--network {path} is not TOML: {str(error).removesuffix('.')}.") from None
