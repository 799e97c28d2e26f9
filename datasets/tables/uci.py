"""The UCI tables of the cuckoo search papers, which do not ship with scikit-learn.

Nawi, Khan, Rehman, Chiroma and Herawan, Mathematical Problems in Engineering (2015), article
868375, doi:10.1155/2015/868375, test their recurrent networks on breast cancer, thyroid,
diabetes, glass and Australian credit data, and on :func:`iris` and :func:`parity`.

Each function takes `data_home`, the folder of the files that it names; by default the one that
the environment variable METARNN_DATA names, or else ``~/metarnn_data``. Each raises a
FileNotFoundError if the files are not there and OpenML cannot be reached or does not hold the
table, and a ValueError if a file or the table of OpenML is another one.
"""

import os
from collections.abc import Callable
from typing import Any

from ..dataset import Dataset
from .verified import VerifiedTable, load_verified

_UCI = "UCI Machine Learning Repository"

#: By name, where each table comes from and how its files are read.
UCI_TABLES: dict[str, VerifiedTable] = {}


def _table(**fields: Any) -> Callable[[Callable[[], None]], Callable[..., Dataset]]:
    """Enter a table, and make its description the function that loads it."""

    def loader(description: Callable[[], None]) -> Callable[..., Dataset]:
        name = description.__name__
        UCI_TABLES[name] = VerifiedTable(name=name, **fields)

        def load(data_home: str | os.PathLike[str] | None = None) -> Dataset:
            return load_verified(UCI_TABLES[name], data_home)

        load.__name__, load.__qualname__, load.__doc__ = name, name, description.__doc__
        return load

    return loader


@_table(
    description="Nine grades (1 to 10) of cells from a breast mass; the 16 rows of 699 "
    "with a missing grade are left out.",
    source=f"Wolberg, W. (1990), Breast Cancer Wisconsin (Original), {_UCI}, doi:10.24432/C5HP4Z",
    files={
        "breast-cancer-wisconsin.csv": (
            "9c9dc50e62dbcece16e5707bdec7514f87230d0aa35798b9aaffbc77cf736f1f",
        )
    },
    classes={"benign": ("2", "benign"), "malignant": ("4", "malignant")},
    values_sha256="d8d1888969c058be06ee559729976ed4299e7f97441555873a4cb4f48651d893",
    openml=(15, 1),
)
def breast_cancer_wisconsin() -> None:
    """Load the original Wisconsin data, from ``breast-cancer-wisconsin.csv`` or OpenML.

    Parameters
    ----------
    data_home : str or path, optional
        The folder of the file; by default what the environment variable METARNN_DATA names,
        or ``~/metarnn_data``.

    Returns
    -------
    Dataset
        X of shape (683, 9), grades 1 to 10; 444 benign and 239 malignant.

    Notes
    -----
    The set called `breast_cancer` is another one. The largest class is 65.0% of the rows. Of
    the 699 rows 16 have a ``?`` for bare nuclei; they are left out, as is usual. 234 rows repeat
    another one, grades and class, so that a random test part holds rows of the training part.
    """


@_table(
    description="Fifteen answers (0 or 1) and six measurements (0 to 1) of patients; the "
    "class is how the thyroid gland works.",
    source=f"Quinlan, R. (1986), Thyroid Disease (ann-thyroid), {_UCI}, doi:10.24432/C5D010",
    files={
        "ann-train.data": ("3b0e21166319732467dc08977c1b44b9292d9e4e2c84ad5f3f0897c1c90056f2",),
        "ann-test.data": ("43cbc4ef577c089fac5a1d4119002cdcf777329fcfa85d8deb752af295dfcb14",),
    },
    classes={"1": ("1",), "2": ("2",), "3": ("3",)},
    values_sha256="950341e8655006700885f61ca7e73b58c0a390bf6ce81ede755c0a277d78a644",
)
def thyroid() -> None:
    """Load the thyroid data for networks, from ``ann-train.data`` and ``ann-test.data``.

    Parameters
    ----------
    data_home : str or path, optional
        The folder of the file; by default what the environment variable METARNN_DATA names,
        or ``~/metarnn_data``.

    Returns
    -------
    Dataset
        X of shape (7200, 21): 15 answers of 0 or 1 and 6 measurements from 0 to 1; 166, 368
        and 6666 rows of three classes. `test` marks the last 3428 rows, the source's test part.

    Notes
    -----
    The largest class is 92.6% of the rows, so that accuracy means little: consider the accuracy
    in the other classes as well. Class "3" is a gland that works normally. Nothing is
    missing. Of the rows 71 repeat another one. OpenML holds the training part only.
    """


@_table(
    description="Five laboratory tests of the thyroid gland.",
    source=f"Coomans, D. et al. (1983), Thyroid Disease (new-thyroid), {_UCI}, doi:10.24432/C5D010",
    files={
        "new-thyroid.csv": ("b1e244cdb7764210cfbf2888c47a4a558c36acd3c5e25452c0255c09c0b2c0a0",)
    },
    classes={"normal": ("1",), "hyper": ("2",), "hypo": ("3",)},
    values_sha256="d6d6ab4b1d07fba9bd336d52a2931c0ce7d503fb9a90b05de95c45ed493dcbad",
)
def new_thyroid() -> None:
    """Load the thyroid gland data of five laboratory tests, from ``new-thyroid.csv``.

    Parameters
    ----------
    data_home : str or path, optional
        The folder of the file; by default what the environment variable METARNN_DATA names,
        or ``~/metarnn_data``.

    Returns
    -------
    Dataset
        X of shape (215, 5); 150 normal, 35 hyper- and 30 hypothyroid.

    Notes
    -----
    The largest class is 69.8% of the rows. Nothing is missing. The file has the class last,
    where UCI's ``new-thyroid.data`` has it first. OpenML does not hold the table.
    """


@_table(
    description="Eight measurements of Pima women; the class is whether diabetes follows "
    "within five years; zeros for missing values are left as they are.",
    source="Smith, J. W. et al. (1988), Using the ADAP learning algorithm to forecast the "
    "onset of diabetes mellitus, Symposium on Computer Applications and Medical Care, "
    "261-265",
    license="not stated; withdrawn by UCI, public at OpenML",
    files={
        "pima-indians-diabetes.csv": (
            "6bfe5d0f379d17a0e0819b996407e3c09bf80febd4287f2ed212190dfff154af",
        )
    },
    classes={"negative": ("0", "tested_negative"), "positive": ("1", "tested_positive")},
    values_sha256="cb04f3d84c73c1878193bcfdef6351eb3a2c6218db7d605988bbc676a84f0357",
    openml=(37, 1),
)
def diabetes() -> None:
    """Load the diabetes data of Pima women, from ``pima-indians-diabetes.csv`` or OpenML.

    Parameters
    ----------
    data_home : str or path, optional
        The folder of the file; by default what the environment variable METARNN_DATA names,
        or ``~/metarnn_data``.

    Returns
    -------
    Dataset
        X of shape (768, 8); 500 negative and 268 positive.

    Notes
    -----
    The largest class is 65.1% of the rows. A zero in glucose (5 rows), blood pressure (35),
    skin fold (227), insulin (374) or body mass (11) is impossible and stands for a missing
    value; the zeros are left as they are, as in nearly all publications.
    """


@_table(
    description="Refractive index and eight oxides (percent by weight) of pieces of "
    "glass; the class is what they come from.",
    source=f"German, B. (1987), Glass Identification, {_UCI}, doi:10.24432/C5WW2P",
    files={"glass.csv": ("1b7039aa2d617c1827e790b55d45ac138dce06b5f2a3fb6c25f2f135b59ad2d0",)},
    classes={
        "building windows, float": ("1", "build wind float"),
        "building windows, not float": ("2", "build wind non-float"),
        "vehicle windows, float": ("3", "vehic wind float"),
        "containers": ("5", "containers"),
        "tableware": ("6", "tableware"),
        "headlamps": ("7", "headlamps"),
    },
    values_sha256="5ef99782f82e899325bc367553ad1b7296f60ce12b61fd23346243dea0221ac2",
    openml=(41, 1),
)
def glass() -> None:
    """Load the kinds of glass, from ``glass.csv`` without UCI's row numbers or OpenML.

    Parameters
    ----------
    data_home : str or path, optional
        The folder of the file; by default what the environment variable METARNN_DATA names,
        or ``~/metarnn_data``.

    Returns
    -------
    Dataset
        X of shape (214, 9), six classes of 70, 76, 17, 13, 9 and 29.

    Notes
    -----
    The largest class is 35.5% of the rows. Nothing is missing; the source's fourth of seven
    kinds, vehicle windows not of float glass, has no rows.
    """


@_table(
    description="Fourteen attributes of people who applied for credit, their meaning "
    "hidden by the source.",
    source=f"Quinlan, R. (1987), Statlog (Australian Credit Approval), {_UCI}, doi:10.24432/C59012",
    # The second version lacks the values in `restored`; the first is the second with
    # them in place, which has the length of public copies.
    files={
        "australian.dat": (
            "3abe5af151afa50b999a9ba21cbc884e80d80a4050b716cf88b34a2e6ecb731c",
            "52485551057350586caa87adb8f87384fb20899afc34e63d07d16e1e969a4cbe",
        )
    },
    classes={"0": ("0",), "1": ("1",)},
    values_sha256="55bdaa62fbb5da9c9b8807f3a6bb15ac07e11a1f36f5fe2144f24cba68ac6cb4",
    openml=(40981, 4),
    separator=None,
    restored={(5, 3): 2.0, (5, 4): 8.0, (8, 8): 0.0, (11, 0): 1.0, (11, 1): 41.42, (12, 13): 211.0},
)
def australian() -> None:
    """Load the Australian credit approval data, from ``australian.dat`` or OpenML.

    Parameters
    ----------
    data_home : str or path, optional
        The folder of the file; by default what the environment variable METARNN_DATA names,
        or ``~/metarnn_data``.

    Returns
    -------
    Dataset
        X of shape (690, 14), names and values changed by the source to hide what they mean;
        383 of class "0" and 307 of class "1".

    Notes
    -----
    The largest class is 55.5% of the rows. Categories are whole numbers without an order, in
    one column each. The source has filled in what was missing in 37 rows. Two versions of the
    file are accepted, a complete one and one that has ``NA`` for six values of the first 13
    rows; these are restored from public copies.
    """
