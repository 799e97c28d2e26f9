"""Any table of OpenML, by its name."""

import os
import warnings
from pathlib import Path
from typing import Any

from metarnn.names import renamed
from metarnn.validation import check_path

from ..dataset import Dataset
from ..readers.rows import dataset_from_frame

#: Environment variable that names the folder of data.
DATA_HOME = "METARNN_DATA"


@renamed(label="target")
def load_openml(
    name: str | int,
    version: int | None = None,
    target: str | None = None,
    timesteps: int | None = None,
    data_home: str | os.PathLike[str] | None = None,
) -> Dataset:
    """Load a table from OpenML, or from its copy in the user's folder.

    Parameters
    ----------
    name : str or int
        The name of a data set, or its id, which never changes its meaning.
    version : int, optional
        Version among the data sets that share the name; by default the oldest active one.
    target : str, optional
        The column of the classes; by default the one that OpenML names.
    timesteps : int, optional
        As for :func:`load_table`.
    data_home : str or path, optional
        Folder whose sub-folder ``openml`` keeps the copies; by default the one that the
        environment variable METARNN_DATA names, or else ``~/metarnn_data``.

    Returns
    -------
    Dataset
        X of shape (B, F), or (B, timesteps, F / timesteps): the columns of numbers, then for
        each column of categories one column of 0 and 1 per category that occurs. The classes
        are in the order of `numpy.unique`. Columns that OpenML marks as identifiers or to be
        ignored are left out. `source` holds the id and the version, `license` OpenML's entry.

    Raises
    ------
    ConnectionError
        If there is no copy and OpenML cannot be reached or has no table of that name.
    ValueError
        If the table has no such target, or holds texts or missing values.

    Notes
    -----
    Fetched by scikit-learn, which checks the MD5 sum that OpenML states each time the table
    is read, and fetches it again if the copy is broken. A version may be withdrawn, and different
    tables can share a name: state the version in what you publish.
    """
    import pandas

    if isinstance(name, bool) or not isinstance(name, str | int) or name == "":
        raise ValueError(f"name is {name!r}, expected a name of OpenML or a number, its id.")
    if isinstance(name, int) and version is not None:
        raise ValueError(f"version {version!r} is given with the id {name}, which has one only.")
    query = (
        {"data_id": name}
        if isinstance(name, int)
        else {"name": name, "version": "active" if version is None else version}
    )
    table = f"OpenML's {name!r}"
    try:
        bunch = fetch(data_folder(data_home), **query, target_column=target or "default-target")
    except KeyError:
        raise ValueError(f"{table} has no column {target!r}, expected the name of one.") from None
    except (OSError, ValueError) as error:
        raise ConnectionError(
            f"{table} cannot be fetched, expected it to be there: {reason(error)}."
        ) from None
    if not isinstance(bunch.target, pandas.Series):
        raise ValueError(
            f"{table} has {'no' if bunch.target is None else 'more than one'} column of classes by "
            "default, expected target to name one."
        )
    features, details = bunch.data, bunch.details
    categories = features.select_dtypes("category").columns
    for column in categories[features[categories].isna().any()]:
        raise ValueError(f"column {column!r} of {table} has missing values, expected none.")
    frame = pandas.get_dummies(features, columns=list(categories), dtype=float)
    frame[bunch.target.name] = bunch.target
    return dataset_from_frame(
        frame,
        bunch.target.name,
        table,
        timesteps=timesteps,
        name=details["name"],
        source=f"OpenML, data set {details['id']} ({details['name']}, version "
        f"{details['version']})",
        license=details.get("licence") or "not stated",
    )


def fetch(folder: Path, **query: Any) -> Any:
    """Return the result of ``sklearn.datasets.fetch_openml``, with its copies in the folder."""
    from sklearn.datasets import fetch_openml

    with warnings.catch_warnings():
        # Warnings of failed attempts, of broken copies and of versions: an error, or the source
        # of the data, says it once.
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        return fetch_openml(
            as_frame=True,
            # The other parser is faster, but keeps quotation marks as part of a category.
            parser="liac-arff",
            data_home=str(folder / "openml"),
            n_retries=1,
            **query,
        )


def reason(error: Exception) -> str:
    """Return the message of an error in one line, to be quoted within a sentence."""
    return " ".join(str(error).split()).removesuffix(".") or type(error).__name__


def data_folder(data_home: str | os.PathLike[str] | None) -> Path:
    """Return the folder of data that is given, or else the user's."""
    if data_home is not None and data_home != "":
        return check_path("data_home", data_home).expanduser()
    return Path(os.environ.get(DATA_HOME) or "~/metarnn_data").expanduser()
