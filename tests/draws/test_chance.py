"""By which the dump game is judged."""

from math import comb

from tests.draws.chance import GATE, TOLD, interval


def test_the_interval_is_that_of_the_binomial_distribution() -> None:
    least, most = interval(0.5, 20, 1, TOLD)
    exact = [comb(20, hits) / 2**20 for hits in range(21)]
    assert (least, most) == (6, 14)
    assert sum(exact[:6]) < 0.025 <= sum(exact[:7])
    least, most = interval(0.5, 20, 1, GATE)
    assert (least, most) == (3, 17)
    assert sum(exact[:3]) < 0.0005 <= sum(exact[:4])
