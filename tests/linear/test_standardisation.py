import numpy as np

from keras_mtl.linear.standardisation import Standardisation


def drawn(scale=1.0):
    return np.random.default_rng(0).normal(size=(40, 3)) * scale


def test_columns_have_mean_zero_and_deviation_one_whatever_their_size():
    for scale in (1e-160, 1.0, 1e150):
        columns = Standardisation.of(drawn(scale)).apply(drawn(scale))
        np.testing.assert_allclose(columns.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(columns.std(axis=0), 1, rtol=1e-12)


def test_constant_columns_become_zero():
    constant = np.full((5, 2), 0.1)
    assert not Standardisation.of(constant).apply(constant).any()


def test_a_column_of_rounding_errors_is_constant():
    noise = np.float32(0.7) + drawn().astype("float32") * np.float32(1e-7)
    assert len(np.unique(noise)) > 1
    assert not Standardisation.of(noise).apply(noise).any()


def test_a_model_on_standardised_features_is_folded_into_one_on_the_features():
    features = np.hstack([drawn(7) + 3, np.full((40, 1), 2.0)])
    standard = Standardisation.of(features)
    kernel, bias = np.arange(8.0).reshape(4, 2), np.array([1.0, -1.0])

    folded, moved = standard.fold(kernel, bias)

    np.testing.assert_allclose(features @ folded + moved, standard.apply(features) @ kernel + bias)


def test_many_rows_are_standardised_as_few_are():
    features = np.random.default_rng(0).normal(size=(9000, 2)) + 5
    np.testing.assert_allclose(Standardisation.of(features).means, features.mean(axis=0))
    np.testing.assert_allclose(Standardisation.of(features).deviations, features.std(axis=0))
