"""Any table of OpenML, by its name."""

import os
import warnings
from pathlib import Path
from typing import Any

from ..dataset import Dataset
from ..readers.parquet import dataset_of_frame

#: Environment variable that names the folder of data.
DATA_HOME = "METARNN_DATA"


def load_openml(
    name: str | int,
    version: int | None = None,
    label: str | None = None,
    timesteps: int | None = None,
    data_home: str | os.PathLike[str] | None = None,
) -> Dataset:
    """Load a table from OpenML, or from what was kept of it.

    Parameters
    ----------
    name : str or int
        The name of a data set, or its id, which never changes its meaning.
    version : int, optional
        Which of those that share the name; the oldest one that is active unless given.
    label : str, optional
        The column of the classes; the one that OpenML names unless given.
    timesteps : int, optional
        As for :func:`load_csv`.
    data_home : str or path, optional
        Folder in which ``openml`` keeps what is fetched; the one that the environment variable
        METARNN_DATA names unless given, or else ``~/metarnn_data``.

    Returns
    -------
    Dataset
        X of shape (B, F), or (B, timesteps, F / timesteps): the columns of numbers, then for
        each column of categories one of 0 and 1 for each that occurs. The classes are in the
        order of `numpy.unique`. Columns that OpenML calls identifiers or asks to ignore are
        left out. `source` holds the id and the version, `licence` what OpenML says.

    Raises
    ------
    ConnectionError
        If the table is not kept and OpenML cannot be reached, or has none of that name.
    ValueError
        If the table has no such label, or holds texts or missing values.

    Notes
    -----
    Fetched by scikit-learn, which checks the MD5 sum that OpenML states each time that the table
    is read, and fetches it again if what was kept is broken. A version may be withdrawn, and one
    name is shared by tables that differ: say the version in what you publish.
    """
    import pandas

    if isinstance(name, bool) or not isinstance(name, str | int) or name == "":
        raise ValueError(f"name is {name!r}, expected a name of OpenML or a number, its id")
    if isinstance(name, int) and version is not None:
        raise ValueError(f"version {version!r} is given with the id {name}, which has one only")
    asked = (
        {"data_id": name}
        if isinstance(name, int)
        else {"name": name, "version": "active" if version is None else version}
    )
    file = f"OpenML's {name!r}"
    try:
        bunch = fetch(data_folder(data_home), **asked, target_column=label or "default-target")
    except KeyError:
        raise ValueError(f"{file} has no column {label!r}, expected the name of one") from None
    except (OSError, ValueError) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise ConnectionError(f"{file} cannot be fetched, expected it to be there: {why}") from None
    if not isinstance(bunch.target, pandas.Series):
        raise ValueError(
            f"{file} has {'no' if bunch.target is None else 'more than one'} column of classes by "
            "default, expected label to name one"
        )
    features, details = bunch.data, bunch.details
    categories = features.select_dtypes("category").columns
    for column in categories[features[categories].isna().any()]:
        raise ValueError(f"column {column!r} of {file} has missing values, expected none")
    frame = pandas.get_dummies(features, columns=list(categories), dtype=float)
    frame[bunch.target.name] = bunch.target
    return dataset_of_frame(
        frame,
        bunch.target.name,
        file,
        timesteps=timesteps,
        name=details["name"],
        source=f"OpenML, data set {details['id']} ({details['name']}, version "
        f"{details['version']})",
        licence=details.get("licence") or "not stated",
    )


def fetch(folder: Path, **asked: Any) -> Any:
    """Return what ``sklearn.datasets.fetch_openml`` does, kept in the folder."""
    from sklearn.datasets import fetch_openml

    with warnings.catch_warnings():
        # Of attempts that fail, of what is broken and fetched again, and of versions: an error,
        # or the source of the data, says it once.
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        return fetch_openml(
            as_frame=True,
            # The other parser is faster, but keeps quotation marks as part of a category.
            parser="liac-arff",
            data_home=str(folder / "openml"),
            n_retries=1,
            **asked,
        )


def data_folder(data_home: str | os.PathLike[str] | None) -> Path:
    """Return the folder of data that is given, or else the user's."""
    return Path(data_home or os.environ.get(DATA_HOME) or "~/metarnn_data").expanduser()
