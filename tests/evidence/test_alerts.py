"""The measurement of alerts, short: the model is as bad as reality, honest panels are left alone, a favour is found."""

from collections.abc import Sequence
from random import Random

import pytest

from policies.panel_statistics import Panel, favouring, history
from tests.evidence import alerts
from tests.evidence.panels import NOISE, Judges, real, real_panels

SHORT = 1000


def figures(panels: Sequence[Panel]) -> list[float]:
    past = history(panels)
    return sorted(abs(each) for panel in panels for each in favouring(panel, past).values())


def tails(found: list[float]) -> float:
    """Kurtosis: 3 for a bell curve."""
    return sum(each**4 for each in found) / len(found) / (sum(each**2 for each in found) / len(found)) ** 2


def test_the_real_panels_are_there() -> None:
    assert len(real()) == 151
    assert all(len(marks) == 9 and 0 < min(marks) <= max(marks) <= 10000 for panel in real() for marks in panel)
    assert {len(panel) for panel in real()} <= {5, 6, 7}


@pytest.mark.parametrize("size", alerts.SIZES)
def test_the_model_is_no_better_than_reality(size: int) -> None:
    model = [Judges(Random(alerts.SEED), size)] * SHORT
    simulated = figures([each.panel(str(number)) for number, each in enumerate(model)])
    measured = figures(real_panels(Random(alerts.SEED), size))
    assert tails(simulated) > tails(measured) > 3
    ninety_nine = [each[len(each) * 99 // 100] for each in (simulated, measured)]
    assert ninety_nine[0] > ninety_nine[1] - 0.1
    deviation = history(real_panels(Random(alerts.SEED), size)).favour_deviation
    assert deviation / 100 == pytest.approx(NOISE, rel=0.15)


@pytest.mark.parametrize("size", alerts.SIZES)
def test_fewer_than_one_honest_panel_in_a_hundred_is_asked(size: int) -> None:
    found = alerts.honest(size, SHORT)
    assert found["rate"] < 0.01
    assert found["within"] > 0.15  # as the measure within a panel would ask honest members
    assert alerts.honest_real(size)["rate"] < 0.01


def test_an_honest_taste_is_not_taken_for_a_favour() -> None:
    assert alerts.accumulated(5, 100)["rate"] <= 0.01


def test_a_favour_is_found_over_ten_projects_and_hardly_in_one() -> None:
    found = {each["favour"]: each for each in alerts.power(5, 30)["found"]}
    assert found[3.0]["over_ten"] > 0.9 > found[1.0]["over_ten"]
    assert found[3.0]["in_one"] < 0.5


def test_a_share_has_its_upper_end() -> None:
    found = alerts.share("model", 5, 1000, 5)
    assert found["rate"] == 0.005
    assert found["most"] == pytest.approx(0.01163, abs=1e-4)
    assert alerts.share("model", 5, 1000, 0)["most"] == pytest.approx(0.00383, abs=1e-4)
