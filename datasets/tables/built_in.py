"""Small tables that ship with scikit-learn, so that nothing is downloaded."""

import numpy as np

from ..dataset import Dataset
from ..validation import check_choice, check_integer


def iris() -> Dataset:
    """Load Fisher's iris flowers.

    Returns
    -------
    Dataset
        X of shape (150, 4) in centimeters, three classes of 50.

    Notes
    -----
    The largest class is a third of the rows. scikit-learn ships the values of Fisher's
    paper, which differ from the UCI file in two rows.
    """
    return _shipped(
        "iris",
        "Sepal length, sepal width, petal length and petal width of iris flowers in centimeters.",
        "Fisher, R. A. (1936), The use of multiple measurements in taxonomic problems, Annals of "
        "Eugenics 7(2):179-188; UCI Machine Learning Repository, doi:10.24432/C56C76",
    )


def wine() -> Dataset:
    """Load the wine recognition data.

    Returns
    -------
    Dataset
        X of shape (178, 13), three classes of 59, 71 and 48.

    Notes
    -----
    The largest class is 39.9% of the rows. The columns differ in scale by a factor of
    thousands (proline against hue).
    """
    return _shipped(
        "wine",
        "Thirteen measurements of a chemical analysis of Italian wines from three cultivators.",
        "Aeberhard, S. and Forina, M. (1992), Wine, UCI Machine Learning Repository, "
        "doi:10.24432/C5PC7J",
    )


def breast_cancer() -> Dataset:
    """Load the Wisconsin diagnostic breast cancer data.

    Returns
    -------
    Dataset
        X of shape (569, 30), 212 malignant and 357 benign.

    Notes
    -----
    The largest class is 62.7% of the rows.
    """
    return _shipped(
        "breast_cancer",
        "Thirty measurements of the cell nuclei in an image of a breast mass.",
        "Wolberg, W., Mangasarian, O., Street, N. and Street, W. (1993), Breast Cancer Wisconsin "
        "(Diagnostic), UCI Machine Learning Repository, doi:10.24432/C5DW2B",
    )


def _shipped(name: str, description: str, source: str) -> Dataset:
    from sklearn import datasets

    table = getattr(datasets, f"load_{name}")()
    return Dataset(
        name=name,
        X=table.data,
        y=table.target,
        classes=tuple(map(str, table.target_names)),
        description=description,
        source=f"{source}; as shipped by scikit-learn",
        license="CC BY 4.0 (UCI)",
    )


def digits(layout: str = "rows", permutation_seed: int = 0) -> Dataset:
    """Load handwritten digits, by rows, by pixels or as images.

    Parameters
    ----------
    layout : {"rows", "pixels", "permuted", "grid"}, default "rows"
        How an image of 8 by 8 pixels is read: as 8 steps of a row's 8 pixels from the top, as 64
        steps of one pixel row by row, as these 64 in an order drawn once for all images, or as
        an image.
    permutation_seed : int, default 0
        Seed of the order of "permuted".

    Returns
    -------
    Dataset
        X of shape (1797, 8, 8), (1797, 64, 1) or (1797, 8, 8, 1), pixels from 0 to 1; ten
        classes of 174 to 183.

    Raises
    ------
    ValueError
        If there is no such layout, or the seed is not a whole number from 0 up.

    Notes
    -----
    The largest class is 10.2% of the images. scikit-learn ships the test part of the UCI
    data, in which a pixel is a count of 0 to 16; it is divided by 16 here. Pixel by pixel
    it is a small stand-in for the sequential MNIST of Le, Jaitly and Hinton, A simple way to
    initialize recurrent networks of rectified linear units (2015), arXiv:1504.00941, and
    "permuted" for their permuted MNIST, in which neighboring pixels lie far apart in time.
    """
    from sklearn.datasets import load_digits

    layouts: dict[str, tuple[tuple[int, ...], str]] = {
        "rows": ((8, 8), "a row of 8 pixels (0 to 1) per step"),
        "pixels": ((64, 1), "a pixel (0 to 1) per step, row by row"),
        "permuted": ((64, 1), "a pixel (0 to 1) per step, in an order without a pattern"),
        "grid": ((8, 8, 1), "8 by 8 pixels (0 to 1)"),
    }
    shape, reading = layouts[check_choice("layout", layout, tuple(layouts))]
    rng = np.random.default_rng(check_integer("permutation_seed", permutation_seed, least=0))
    table = load_digits()
    pixels = table.data[:, rng.permutation(64)] if layout == "permuted" else table.data
    return Dataset(
        name="digits",
        X=pixels.reshape(-1, *shape) / 16.0,
        y=table.target,
        classes=tuple(map(str, np.arange(10))),
        description=f"Images of handwritten digits, {reading}.",
        source="Alpaydin, E. and Kaynak, C. (1998), Optical Recognition of Handwritten Digits, "
        "UCI Machine Learning Repository, doi:10.24432/C50P49; test part, as shipped by "
        "scikit-learn",
        license="CC BY 4.0 (UCI)",
    )
