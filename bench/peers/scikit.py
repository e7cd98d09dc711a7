# Fits by scikit-learn, for bench/peers.ts, and says {"seconds", "converged"} of the fit alone:
#
#     scikit.py version
#     scikit.py logistic SOLVER C TOL DATA MODEL    no intercept
#     scikit.py lasso ALPHA TOL DATA MODEL          with intercept
#
# DATA is LIBSVM text. MODEL gets the intercept and the weights, one a line.
import json
import sys
import time
import warnings

import numpy
import sklearn
from sklearn.datasets import load_svmlight_file
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Lasso, LogisticRegression

kind, *rest = sys.argv[1:]
if kind == "version":
    print(sklearn.__version__)
    sys.exit()
*numbers, data, model = rest
if kind == "logistic":
    solver, cost, tol = numbers
    estimator = LogisticRegression(
        penalty="l1", solver=solver, C=float(cost), tol=float(tol), fit_intercept=False, max_iter=1000, random_state=1
    )
else:
    alpha, tol = numbers
    estimator = Lasso(alpha=float(alpha), tol=float(tol), max_iter=100_000)
x, y = load_svmlight_file(data)
if kind == "lasso":
    x = x.tocsc()  # as its solver wants it
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    began = time.perf_counter()
    estimator.fit(x, y)
    seconds = time.perf_counter() - began
[intercept] = numpy.ravel(estimator.intercept_)
with open(model, "w") as out:
    out.write("\n".join(repr(float(it)) for it in [intercept, *estimator.coef_.ravel()]) + "\n")
converged = not any(issubclass(it.category, ConvergenceWarning) for it in caught)
print(json.dumps({"seconds": seconds, "converged": converged}))
