"""The scaling under which heads are solved, written out as a scikit-learn transformer."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin


class ShrunkScaler(TransformerMixin, BaseEstimator):
    """`StandardScaler`, with the median variance averaged in as if it came from 10 samples."""

    def fit(self, X, y=None):
        variances = X.var(axis=0)
        typical = np.median(variances[variances > 0])
        shrunk = (len(X) * variances + 10 * typical) / (len(X) + 10)
        self.mean_, self.scale_ = X.mean(axis=0), np.sqrt(np.where(variances > 0, shrunk, np.inf))
        return self

    def transform(self, X):
        return (X - self.mean_) / self.scale_
