"""The UCI tables of the cuckoo search papers, which do not ship with scikit-learn.

Nawi, Khan, Rehman, Chiroma and Herawan, Mathematical Problems in Engineering (2015), article
868375, doi:10.1155/2015/868375, test their recurrent networks on breast cancer, thyroid,
diabetes, glass and Australian credit data, and on :func:`iris` and :func:`parity`.
"""

import os

from ..dataset import Dataset
from .originals import original

_UCI = "UCI Machine Learning Repository"


def breast_cancer_wisconsin(data_home: str | os.PathLike[str] | None = None) -> Dataset:
    """Load the original Wisconsin breast cancer data.

    Parameters
    ----------
    data_home : str or path, optional
        Folder of ``breast-cancer-wisconsin.csv``; see :func:`thyroid`.

    Returns
    -------
    Dataset
        X of shape (683, 9), grades 1 to 10; 444 benign and 239 malignant.

    Raises
    ------
    FileNotFoundError
        If the file is not there and OpenML cannot be reached.
    ValueError
        If the file or what was fetched is another table.

    Notes
    -----
    The set called `breast_cancer` is another one. The largest class is 65.0% of the rows. Of
    the 699 rows 16 have a ``?`` for bare nuclei; they are left out, as is usual. 234 rows repeat
    another one, grades and class, so that a random test part holds rows of the training part.
    """
    return original(
        "breast_cancer_wisconsin",
        data_home,
        description="Nine grades (1 to 10) of cells from a breast mass; the 16 rows of 699 with "
        "a missing grade are left out.",
        source=f"Wolberg, W. (1990), Breast Cancer Wisconsin (Original), {_UCI}, "
        "doi:10.24432/C5HP4Z",
    )


def thyroid(data_home: str | os.PathLike[str] | None = None) -> Dataset:
    """Load the thyroid data for networks, with their fixed test part.

    Parameters
    ----------
    data_home : str or path, optional
        Folder of ``ann-train.data`` and ``ann-test.data``; the one that the environment
        variable METARNN_DATA names unless given, or else ``~/metarnn_data``.

    Returns
    -------
    Dataset
        X of shape (7200, 21): 15 answers of 0 or 1 and 6 measurements from 0 to 1; 166, 368
        and 6666 rows of three classes. `test` marks the last 3428 rows.

    Raises
    ------
    FileNotFoundError
        If the files are not there; OpenML holds the training part only.
    ValueError
        If a file is another table.

    Notes
    -----
    The largest class is 92.6% of the rows, so that accuracy says little: look at the others'
    share of right answers as well. Class "3" is a gland that works as it should. Nothing is
    missing. Of the rows 71 repeat another one.
    """
    return original(
        "thyroid",
        data_home,
        description="Fifteen answers (0 or 1) and six measurements (0 to 1) of patients, to be "
        "told whether the thyroid gland works as it should.",
        source=f"Quinlan, R. (1986), Thyroid Disease (ann-thyroid), {_UCI}, doi:10.24432/C5D010",
    )


def new_thyroid(data_home: str | os.PathLike[str] | None = None) -> Dataset:
    """Load the thyroid gland data of five laboratory tests.

    Parameters
    ----------
    data_home : str or path, optional
        Folder of ``new-thyroid.csv``; see :func:`thyroid`.

    Returns
    -------
    Dataset
        X of shape (215, 5); 150 normal, 35 hyper- and 30 hypothyroid.

    Raises
    ------
    FileNotFoundError
        If the file is not there; it is not fetched.
    ValueError
        If the file is another table.

    Notes
    -----
    The largest class is 69.8% of the rows. Nothing is missing. The file has the class last,
    where UCI's ``new-thyroid.data`` has it first.
    """
    return original(
        "new_thyroid",
        data_home,
        description="Five laboratory tests of the thyroid gland.",
        source=f"Coomans, D. et al. (1983), Thyroid Disease (new-thyroid), {_UCI}, "
        "doi:10.24432/C5D010",
    )


def diabetes(data_home: str | os.PathLike[str] | None = None) -> Dataset:
    """Load the diabetes data of Pima women.

    Parameters
    ----------
    data_home : str or path, optional
        Folder of ``pima-indians-diabetes.csv``; see :func:`thyroid`.

    Returns
    -------
    Dataset
        X of shape (768, 8); 500 negative and 268 positive.

    Raises
    ------
    FileNotFoundError
        If the file is not there and OpenML cannot be reached.
    ValueError
        If the file or what was fetched is another table.

    Notes
    -----
    The largest class is 65.1% of the rows. A zero in glucose (5 rows), blood pressure (35),
    skin fold (227), insulin (374) or body mass (11) is impossible and stands for a missing
    value; the zeros are left as they are, as in nearly all that was published.
    """
    return original(
        "diabetes",
        data_home,
        description="Eight measurements of Pima women, to be told whether diabetes follows "
        "within five years; zeros for missing values are left as they are.",
        source="Smith, J. W. et al. (1988), Using the ADAP learning algorithm to forecast the "
        "onset of diabetes mellitus, Symposium on Computer Applications and Medical Care, 261-265",
        licence="not stated; withdrawn by UCI, public at OpenML",
    )


def glass(data_home: str | os.PathLike[str] | None = None) -> Dataset:
    """Load the kinds of glass by refractive index and oxides.

    Parameters
    ----------
    data_home : str or path, optional
        Folder of ``glass.csv``, without UCI's row numbers; see :func:`thyroid`.

    Returns
    -------
    Dataset
        X of shape (214, 9), six classes of 70, 76, 17, 13, 9 and 29.

    Raises
    ------
    FileNotFoundError
        If the file is not there and OpenML cannot be reached.
    ValueError
        If the file or what was fetched is another table.

    Notes
    -----
    The largest class is 35.5% of the rows. Nothing is missing; the source's fourth of seven
    kinds, vehicle windows not of float glass, has no rows.
    """
    return original(
        "glass",
        data_home,
        description="Refractive index and eight oxides (weight per cent) of pieces of glass, to "
        "be told what they come from.",
        source=f"German, B. (1987), Glass Identification, {_UCI}, doi:10.24432/C5WW2P",
    )


def australian(data_home: str | os.PathLike[str] | None = None) -> Dataset:
    """Load the Australian credit approval data.

    Parameters
    ----------
    data_home : str or path, optional
        Folder of ``australian.dat``; see :func:`thyroid`.

    Returns
    -------
    Dataset
        X of shape (690, 14), names and values changed by the source to hide what they mean;
        383 of class "0" and 307 of class "1".

    Raises
    ------
    FileNotFoundError
        If the file is not there and OpenML cannot be reached.
    ValueError
        If the file or what was fetched is another table.

    Notes
    -----
    The largest class is 55.5% of the rows. Categories are whole numbers without an order, in
    columns of one number each. The source has filled in what was missing in 37 rows. Of the
    file two versions are accepted, a whole one and one in which six values of the first 13
    rows are struck out (``NA``); these are put back, as public copies have them.
    """
    return original(
        "australian",
        data_home,
        description="Fourteen attributes of people who asked for credit, their meaning hidden "
        "by the source.",
        source=f"Quinlan, R. (1987), Statlog (Australian Credit Approval), {_UCI}, "
        "doi:10.24432/C59012",
    )
