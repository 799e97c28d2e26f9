"""An entry of a study's `datasets`: its data, and what problems on them have of their own."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from metarnn.criteria import class_criterion_of
from metarnn.datasets import DATASETS, Dataset, load, load_path
from metarnn.names import warn_renamed
from metarnn.validation import check_bool, is_integer, is_number

from .checks import check_known, number

#: The options of a file, as for :func:`metarnn.datasets.load_path`.
FILE_OPTIONS = ("target", "series", "order", "missing", "encoding")

#: What any entry may have beside the options of its data.
OWN_OPTIONS = ("timesteps", "loss", "target_loss", "group", "instances")


@dataclass(frozen=True)
class Instances:
    """Draws generated data again for each seed.

    Parameters
    ----------
    name : str
        A name in ``metarnn.datasets.DATASETS``.
    options : dict
        Its options, without the seed.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, seed: int) -> Dataset:
        """Return the data of a seed."""
        return load(self.name, **self.options, seed=seed)


@dataclass(frozen=True, eq=False)
class StudyData:
    """The data of an entry.

    Attributes
    ----------
    dataset : Dataset
        The data; where seeds have their own, those of seed 0.
    timesteps : int or "features"
        Steps into which rows are cut.
    instances : callable, optional
        Returns the data of a seed.
    """

    dataset: Dataset
    timesteps: int | str
    instances: Callable[[int], Dataset] | None = None

    @classmethod
    def of(cls, entry: Any, steps: int | str, folder: str | Path) -> "StudyData":
        """Read or generate the data of an entry that was checked.

        Rows are cut into `steps`, unless the entry says into how many; the paths of files are
        relative to `folder`.
        """
        options = {} if isinstance(entry, Dataset) else dict(entry)
        own = {name: options.pop(name, None) for name in OWN_OPTIONS}
        timesteps, instances = own["timesteps"], None
        if isinstance(entry, Dataset):
            data = entry
        elif "path" in options:
            data, timesteps = _read(options, timesteps, steps, Path(folder))
        else:
            name = options.pop("name")
            if own["instances"]:
                instances = Instances(name, options)
            data = load(name, **options) if instances is None else instances(0)
        if timesteps is not None and not data.is_rows:
            raise ValueError(f"timesteps is for rows, and {data.name} has sequences of its own.")
        return cls(data, (timesteps or steps) if data.is_rows else 1, instances)


def _read(
    options: dict[str, Any], own_steps: Any, steps: int | str, folder: Path
) -> tuple[Dataset, Any]:
    """Return the data of a file, and the steps into which rows are still to be cut."""
    path = options.pop("path")
    for option in options:
        check_known(option, (*FILE_OPTIONS, *OWN_OPTIONS), "option of a file")
    if not isinstance(path, str | Path):
        raise TypeError(f"path must be that of a file or folder, got {path!r}.")
    if options.get("missing") is not None and (own_steps or steps) != 1:
        # Gaps are filled along the steps, so the reader makes these.
        options["timesteps"], own_steps = own_steps or steps, None
    return load_path(folder / path, **options, needs_target=True), own_steps


def with_present_names(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry by the present names of its options, with a warning about former ones."""
    present = dict(entry)
    given = present.get("target")
    is_file, has_label = "path" in present, "label" in present
    if is_number(given) and not (is_file and is_integer(given) and not has_label):  # no column
        _rename(present, "target", "target_loss")
    if is_file and has_label:
        _rename(present, "label", "target")
    return present


def _rename(options: dict[str, Any], former: str, name: str) -> None:
    if name in options:
        raise ValueError(f"{former} is the former name of {name}: give {name} alone.")
    warn_renamed(former, name)
    options[name] = options.pop(former)


def check_own(entry: Any) -> None:
    """Check what an entry has of its own, before any data are read."""
    if isinstance(entry, Dataset):
        return
    if entry.get("loss") is not None:
        class_criterion_of(entry["loss"])
    if "target" in entry and "path" not in entry:
        raise ValueError(
            f"target names a column of a file, got {entry['target']!r}: a training loss to reach "
            "is target_loss."
        )
    if entry.get("target_loss") is not None:
        number("target_loss", entry["target_loss"])
    if not isinstance(entry.get("group", ""), str):
        raise TypeError(f"group must be a text, got {entry['group']!r}.")
    if check_bool("instances", entry.get("instances", False)):
        if "path" in entry:
            raise ValueError("instances are drawn of generated data, not of a file.")
        if "seed" not in inspect.signature(DATASETS[entry["name"]]).parameters:
            raise ValueError(
                "instances draws data again for each seed, and these are no random ones."
            )
        if "seed" in entry:
            raise ValueError("instances and seed both say which data are drawn; give one of them.")


def own_option(entry: Any, name: str, default: Any) -> Any:
    """Return what an entry has of its own, or else what the study has."""
    own = None if isinstance(entry, Dataset) else entry.get(name)
    return default if own is None else own
