"""Write the small models of scikit-learn that tests/operators/ml/test_sklearn.py exports.

Run it where skl2onnx is installed: `python tests/models/sklearn/make_fixtures.py`. Seeds are fixed, but the
files of another version of scikit-learn may differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from skl2onnx import to_onnx
from sklearn.cluster import KMeans
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    PolynomialFeatures,
    StandardScaler,
)
from sklearn.svm import SVC, SVR, OneClassSVM
from sklearn.tree import DecisionTreeClassifier

FOLDER = Path(__file__).parent


def models() -> Iterator[tuple[str, Any, Any, bool]]:
    """Yield name, estimator, data set, and whether probabilities are a map."""
    iris, cancer, diabetes, wine = load_iris, load_breast_cancer, load_diabetes, load_wine
    yield "logistic_iris", make_pipeline(StandardScaler(), LogisticRegression()), iris, True
    yield "logistic_cancer", make_pipeline(StandardScaler(), LogisticRegression()), cancer, False
    yield "linear_diabetes", make_pipeline(MinMaxScaler(), LinearRegression()), diabetes, False
    yield "forest_iris", RandomForestClassifier(8, max_depth=5, random_state=1), iris, True
    yield "forest_cancer", RandomForestClassifier(6, max_depth=5, random_state=2), cancer, False
    yield "forest_diabetes", RandomForestRegressor(5, max_depth=5, random_state=3), diabetes, False
    yield "extra_diabetes", ExtraTreesRegressor(4, max_depth=4, random_state=3), diabetes, False
    yield "tree_wine", DecisionTreeClassifier(random_state=4), wine, False
    yield "boosting_cancer", GradientBoostingClassifier(n_estimators=8, random_state=5), cancer, True
    yield "boosting_iris", GradientBoostingClassifier(n_estimators=5, random_state=6), iris, False
    yield "boosting_diabetes", GradientBoostingRegressor(n_estimators=8, random_state=7), diabetes, False
    yield "svc_iris", make_pipeline(StandardScaler(), SVC(C=2.0)), iris, False
    yield "poly_wine", make_pipeline(StandardScaler(), SVC(kernel="poly")), wine, False
    yield "shares_iris", make_pipeline(StandardScaler(), SVC(probability=True, random_state=9)), iris, True
    yield (
        "shares_wine",
        make_pipeline(StandardScaler(), SVC(kernel="sigmoid", probability=True, random_state=9)),
        wine,
        False,
    )
    yield "svr_diabetes", make_pipeline(StandardScaler(), SVR(C=50.0, epsilon=40.0)), diabetes, False
    yield "one_class_iris", make_pipeline(StandardScaler(), OneClassSVM(nu=0.2)), iris, False
    yield "isolation_iris", IsolationForest(n_estimators=5, max_samples=32, random_state=1), iris, False
    yield "kmeans_iris", make_pipeline(StandardScaler(), KMeans(3, n_init=1, random_state=0)), iris, False
    yield "bayes_iris", GaussianNB(), iris, False
    yield (
        "network_iris",
        make_pipeline(StandardScaler(), MLPClassifier((8,), max_iter=300, random_state=0)),
        iris,
        False,
    )
    yield (
        "polynomial_diabetes",
        make_pipeline(PolynomialFeatures(2), StandardScaler(), LinearRegression()),
        diabetes,
        False,
    )
    yield (
        "imputer_iris",
        make_pipeline(SimpleImputer(), Normalizer("l2"), LogisticRegression()),
        iris,
        False,
    )
    yield "binarizer_iris", make_pipeline(Binarizer(threshold=2.0), GaussianNB()), iris, False
    yield "categories", OneHotEncoder(sparse_output=False, handle_unknown="ignore"), None, False
    yield "forest_words", RandomForestClassifier(4, max_depth=4, random_state=1), "words", True
    yield "logistic_words", make_pipeline(StandardScaler(), LogisticRegression()), "words", False
    yield (
        "shares_words",
        make_pipeline(StandardScaler(), SVC(probability=True, random_state=1)),
        "words",
        False,
    )


def main() -> None:
    """Fit and write all."""
    total = 0
    for name, estimator, data, zipmap in models():
        if data is None:
            rows = np.random.default_rng(0).integers(0, 4, (60, 3)).astype(np.int64)
            estimator.fit(rows)
        elif data == "words":
            iris = load_iris()
            rows = iris.data.astype(np.float32)
            estimator.fit(rows, iris.target_names[iris.target])
        else:
            rows, target = data(return_X_y=True)
            rows = rows.astype(np.float32)
            estimator.fit(rows, target)
        options = {}
        last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
        if hasattr(last, "predict_proba"):
            options = {id(last): {"zipmap": zipmap}}
        model = to_onnx(estimator, rows[:1], options=options, target_opset={"": 17, "ai.onnx.ml": 3})
        content = model.SerializeToString()
        total += len(content)
        (FOLDER / f"{name}.onnx").write_bytes(content)
        print(name, len(content), {node.op_type for node in model.graph.node})
    print(total, "bytes")


if __name__ == "__main__":
    main()
