"""The estimators under the tools that people put around them; .ci/clients installs these.

Rows go into what takes tables, sequences into what leaves X alone.
"""

import pickle

import numpy as np
import pandas as pd
import pytest
from helpers.small_models import small_model
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from metarnn import RNNRegressor, SequenceScaler
from metarnn.sequences import unpadded

pytestmark = [pytest.mark.optional, pytest.mark.filterwarnings("ignore")]

B, T = 60, 5
rng = np.random.default_rng(0)
X = rng.normal(size=(B, T, 2))
LENGTHS = rng.integers(2, T + 1, size=B)
PARTS = unpadded(X, LENGTHS)
ROWS = X.reshape(B, -1)
FRAME = pd.DataFrame(ROWS, columns=[f"x{i}" for i in range(10)])
Y = (X[:, -1, 0] > 0).astype(int)
RARE = (np.arange(B) < 20).astype(int)
NUMBERS = X[:, -1, 0]


def pipeline():
    return make_pipeline(SequenceScaler(), small_model())


def regressor():
    return small_model(RNNRegressor)


@pytest.fixture
def client(request):
    """Return a module, named by the test, or skip the test."""
    return pytest.importorskip(request.param)


def of(module):
    return pytest.mark.parametrize("client", [module], indirect=True, ids=str)


@of("imblearn")
def test_imbalanced_learn(client):
    from imblearn import FunctionSampler
    from imblearn.ensemble import BalancedBaggingClassifier
    from imblearn.over_sampling import SMOTE
    from imblearn.pipeline import make_pipeline

    make_pipeline(SMOTE(), small_model()).fit(FRAME, RARE).predict(FRAME)
    BalancedBaggingClassifier(small_model(), n_estimators=2).fit(ROWS, RARE).predict(ROWS)
    halve = FunctionSampler(func=lambda X, y: (X[::2], y[::2]), validate=False)
    make_pipeline(halve, small_model()).fit(X, RARE).predict(X)


@of("optuna_integration")
def test_optuna(client):
    from optuna.distributions import IntDistribution

    space = {"hidden": IntDistribution(2, 4)}
    for given in (X, PARTS, FRAME):
        search = client.OptunaSearchCV(small_model(), space, n_trials=2, cv=2, error_score="raise")
        assert search.fit(given, Y).predict(given).shape == (B,)


@of("skopt")
def test_scikit_optimize(client):
    search = client.BayesSearchCV(small_model(), {"hidden": (2, 4)}, n_iter=2, cv=2)
    assert search.fit(X, Y).predict(X).shape == (B,)


@of("skops.io")
def test_skops(client):
    model = pipeline().fit(X, Y)
    written = client.dumps(model)
    again = client.loads(written, trusted=client.get_untrusted_types(data=written))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


@of("cloudpickle")
def test_cloudpickle(client):
    model = small_model(callbacks=[lambda intermediate_result: None]).fit(PARTS, Y)
    again = pickle.loads(client.dumps(model))
    np.testing.assert_array_equal(again.predict(PARTS), model.predict(PARTS))


@of("shap")
def test_shap(client):
    few = FRAME.iloc[:, :3]
    model = small_model().fit(few, Y)
    found = client.Explainer(model.predict_proba, few[:10])(few[:2])
    assert found.values.shape == (2, 3, 2)


@of("lime.lime_tabular")
def test_lime(client):
    model = small_model().fit(X, Y)
    explainer = client.RecurrentTabularExplainer(
        X, training_labels=Y, feature_names=["a", "b"], class_names=["0", "1"]
    )
    explainer.explain_instance(X[0], model.predict_proba, num_samples=30)


@of("dalex")
def test_dalex(client):
    explainer = client.Explainer(regressor().fit(FRAME, NUMBERS), FRAME, NUMBERS, verbose=False)
    explainer.model_performance()
    explainer.model_parts(B=1)


@of("mlxtend")
def test_mlxtend(client):
    from mlxtend.classifier import EnsembleVoteClassifier, StackingCVClassifier
    from mlxtend.evaluate import bias_variance_decomp, paired_ttest_kfold_cv
    from mlxtend.feature_selection import SequentialFeatureSelector

    two = [small_model(), small_model(cell="gru")]
    for given in (ROWS, X):
        EnsembleVoteClassifier(two).fit(given, Y).predict(given)
        paired_ttest_kfold_cv(*two, given, Y, cv=2)
    StackingCVClassifier(two, small_model(), cv=2).fit(ROWS, Y).predict(ROWS)
    SequentialFeatureSelector(small_model(), k_features=2, cv=2).fit(ROWS[:, :3], Y)
    bias_variance_decomp(small_model(), X[:40], Y[:40], X[40:], Y[40:], num_rounds=2)


@of("dask_ml")
def test_dask_ml(client):
    import dask
    import dask.array
    from dask_ml.model_selection import GridSearchCV
    from dask_ml.wrappers import Incremental, ParallelPostFit

    with dask.config.set(scheduler="synchronous"):
        for given in (ROWS, X):
            GridSearchCV(small_model(), {"hidden": [2, 3]}, cv=2).fit(given, Y)
            chunks = dask.array.from_array(given, chunks=(30, *given.shape[1:]))
            expected = small_model().fit(given, Y)
            np.testing.assert_array_equal(small_model().fit(chunks, Y).weights_, expected.weights_)
        labels = dask.array.from_array(Y, chunks=30)
        chunks = dask.array.from_array(ROWS, chunks=(30, 10))  # dask-ml takes two axes only
        Incremental(small_model()).fit(chunks, labels, classes=[0, 1]).predict(chunks).compute()
        model = ParallelPostFit(small_model()).fit(ROWS, Y)
        np.testing.assert_array_equal(model.predict(chunks).compute(), model.predict(ROWS))


@of("dask.dataframe")
def test_a_frame_of_dask_is_to_be_computed(client):
    frame = client.from_pandas(FRAME, npartitions=2)
    with pytest.raises(TypeError, match=r"lazy frame: give what its collect\(\) or compute\(\)"):
        small_model().fit(frame, Y)


@of("mlflow")
def test_mlflow(client, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    client.set_tracking_uri(f"sqlite:///{tmp_path}/runs.db")
    client.sklearn.autolog(silent=True, log_models=False, log_datasets=False)
    try:
        for given in (X, PARTS, FRAME):
            with client.start_run():  # it follows the classes of scikit-learn alone
                model = pipeline().fit(given, Y)
            assert client.last_active_run().data.params["rnnclassifier__hidden"] == "3"
    finally:
        client.sklearn.autolog(disable=True)
    client.sklearn.save_model(
        model, tmp_path / "m", serialization_format="cloudpickle", pip_requirements=[]
    )
    again = client.pyfunc.load_model(str(tmp_path / "m"))
    np.testing.assert_array_equal(again.predict(FRAME), model.predict(FRAME))


@of("mapie")
def test_mapie(client):
    from mapie.classification import CrossConformalClassifier, SplitConformalClassifier
    from mapie.regression import CrossConformalRegressor, SplitConformalRegressor

    for given in (ROWS, X, PARTS):
        for model in (small_model(), pipeline()):
            fitted = model.fit(given, Y)
            wrapper = SplitConformalClassifier(fitted, prefit=True, confidence_level=0.8)
            wrapper.conformalize(given, Y)
            assert wrapper.predict_set(given)[1].shape == (B, 2, 1)
        wrapper = SplitConformalRegressor(
            regressor().fit(given, NUMBERS), prefit=True, confidence_level=0.8
        )
        wrapper.conformalize(given, NUMBERS)
        assert wrapper.predict_interval(given)[1].shape == (B, 2, 1)
    for wrapper, y in (
        (CrossConformalClassifier(small_model(), cv=2, confidence_level=0.8), Y),
        (CrossConformalRegressor(regressor(), cv=2, confidence_level=0.8), NUMBERS),
    ):
        wrapper.fit_conformalize(X, y)


@of("crepes")
def test_crepes(client):
    model = client.WrapClassifier(small_model())
    model.fit(X, Y)
    model.calibrate(X, Y)
    assert np.shape(model.predict_p(X)) == (B, 2)
    model = client.WrapRegressor(regressor())
    model.fit(X, NUMBERS)
    model.calibrate(X, NUMBERS)
    assert model.predict_int(X).shape == (B, 2)


@of("tslearn")
def test_tslearn(client):
    from tslearn.preprocessing import TimeSeriesScalerMinMax
    from tslearn.utils import to_time_series_dataset

    padded = to_time_series_dataset(PARTS)
    expected = small_model().fit(PARTS, Y)
    model = small_model().fit(padded, Y, lengths="nan")
    np.testing.assert_array_equal(model.predict(padded), expected.predict(PARTS))
    assert model.score(padded, Y) == expected.score(PARTS, Y)
    np.testing.assert_array_equal(
        cross_val_score(small_model(), padded, Y, cv=2, params={"lengths": "nan"}),
        cross_val_score(small_model(), PARTS, Y, cv=2),
    )
    scaled = make_pipeline(TimeSeriesScalerMinMax(), small_model())
    assert scaled.fit(padded, Y, rnnclassifier__lengths="nan").predict(padded).shape == (B,)


@of("fairlearn")
def test_fairlearn(client):
    from fairlearn.reductions import DemographicParity, ExponentiatedGradient

    groups = np.arange(B) % 3
    model = ExponentiatedGradient(small_model(), DemographicParity(), max_iter=2)
    assert model.fit(ROWS, Y, sensitive_features=groups).predict(ROWS).shape == (B,)


@of("feature_engine")
def test_feature_engine(client):
    from feature_engine.selection import SelectByShuffling

    SelectByShuffling(small_model(), cv=2, scoring="accuracy", threshold=-1).fit(FRAME, Y)


@of("skrub")
def test_skrub(client):
    polars = pytest.importorskip("polars")
    words = np.array(["a", "b"])[np.arange(B) % 2]
    for frame in (FRAME.assign(kind=words), polars.from_pandas(FRAME.assign(kind=words))):
        model = client.tabular_pipeline(small_model())
        assert model.fit(frame, Y).predict(frame).shape == (B,)


@of("sklego.meta")
def test_scikit_lego(client):
    client.Thresholder(small_model(), threshold=0.4).fit(X, Y).predict(X)
    client.DecayEstimator(small_model(), decay_func="linear").fit(ROWS, Y).predict(ROWS)


@of("xarray")
def test_xarray(client):
    given = client.DataArray(X, dims=("series", "step", "channel"))
    model = small_model().fit(given, client.DataArray(Y, dims="series"))
    np.testing.assert_array_equal(model.weights_, small_model().fit(X, Y).weights_)
