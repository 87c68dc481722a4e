"""Figures about how members of a committee score: alerts for explanation, never marks (RULES.md, "Assessment").

A member is compared with the others of the panel, leaving the member out, and the difference is measured by what
differences are usual in the history: the spread within one panel of five is too rough a measure, it flags every fifth
honest member. Strictness alike towards all bidders is no favour, so it is taken out first. What one bidder gets over
many projects says more than one project.

For scores x of n members i and b bidders j, with means m:
  severity    m_i - mean of the others' m, by the deviation that members' means have in the history;
  favouring   the residual x_ij - m_i - m_j + m, by its deviation in the history: for the leave-one-out residual
              (x_ij less the others' mean, less the member's mean difference), which is n/(n-1) times it, the figure is
              the same;
  accumulated sqrt(N) x the mean of N projects' favouring for one member and bidder; a project's lots count as their
              mean, since they are no separate witnesses.
Scores are in hundredths of a point, figures in standard deviations.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import sqrt
from statistics import fmean
from typing import Final, NamedTuple

from policies.assessment_facts import Given, Measure, Statistic
from policies.registry import RULES
from policies.rule import FactRule
from policies.rulebook import Rulebook

ALERT: Final = "assessment.alert"
DEVIATION: Final = "assessment.deviation"
FEWEST_MEMBERS: Final = 3
FEWEST_BIDDERS: Final = 2


class Panel(NamedTuple):
    """What each of the members gave each of the bidders of one lot, by member and then by bidder, in order of name."""

    id: str
    project: str
    members: tuple[str, ...]
    bidders: tuple[str, ...]
    scores: tuple[tuple[int, ...], ...]


class History(NamedTuple):
    """What the panels so far have together: sums of squares, and of how many free differences."""

    panels: int = 0
    squares: float = 0.0
    freedom: int = 0
    mean_squares: float = 0.0
    mean_freedom: int = 0

    @property
    def favour_deviation(self) -> float:
        """The pooled standard deviation of a score once bidder and strictness are taken out."""
        return sqrt(self.squares / self.freedom) if self.freedom else 0.0

    @property
    def mean_deviation(self) -> float:
        """The pooled standard deviation of the members' means."""
        return sqrt(self.mean_squares / self.mean_freedom) if self.mean_freedom else 0.0

    def without(self, panel: Panel) -> "History":
        """The history of the others; a panel is never measured by itself."""
        own = history([panel])
        return History(
            self.panels - own.panels,
            max(0.0, self.squares - own.squares),
            self.freedom - own.freedom,
            max(0.0, self.mean_squares - own.mean_squares),
            self.mean_freedom - own.mean_freedom,
        )


class Alert(NamedTuple):
    """A figure beyond its threshold, both in hundredths of a deviation; ``bidder`` is empty for severity.

    ``panels`` are those it rests on, ``pivots`` those of them that another bidder would have won without the member.
    ``population`` is the number of panels in the history that it is measured by.
    """

    measure: Measure
    member: str
    bidder: str
    value: int
    threshold: int
    panels: tuple[str, ...]
    pivots: tuple[str, ...]
    population: int


def panel(id_: str, project: str, given: Mapping[tuple[str, str], int]) -> Panel | None:
    """Put scores by member and bidder in order. None for what cannot be compared.

    That is fewer than three members or two bidders, or a bidder whom one of the members did not score.
    """
    members, bidders = (tuple(sorted({key[part] for key in given})) for part in (0, 1))
    if len(members) < FEWEST_MEMBERS or len(bidders) < FEWEST_BIDDERS or len(given) < len(members) * len(bidders):
        return None
    return Panel(id_, project, members, bidders, tuple(tuple(given[one, each] for each in bidders) for one in members))


def history(panels: Iterable[Panel]) -> History:
    """Add up the spread of some panels."""
    total = History()
    for each in panels:
        n, b = len(each.members), len(each.bidders)
        means, residuals = _means(each), _residuals(each)
        middle = sum(means) / n
        total = History(
            total.panels + 1,
            total.squares + sum(one * one for row in residuals for one in row),
            total.freedom + (n - 1) * (b - 1),
            total.mean_squares + sum((one - middle) ** 2 for one in means),
            total.mean_freedom + n - 1,
        )
    return total


def severity(of: Panel, past: History) -> dict[str, float]:
    """Give each member's strictness against the others; below 0 is stricter. All 0 where the history has no spread."""
    n, means = len(of.members), _means(of)
    usual = past.mean_deviation * sqrt((n - 1) / n)
    middle = sum(means) / n
    return {member: _measured(mean - middle, usual) for member, mean in zip(of.members, means, strict=True)}


def favouring(of: Panel, past: History) -> dict[tuple[str, str], float]:
    """Give what each member gave each bidder beyond the others and beyond the member's own strictness."""
    n, b = len(of.members), len(of.bidders)
    usual = past.favour_deviation * sqrt((n - 1) * (b - 1) / (n * b))
    return {
        (member, bidder): _measured(one, usual)
        for member, row in zip(of.members, _residuals(of), strict=True)
        for bidder, one in zip(of.bidders, row, strict=True)
    }


def accumulated(figures: Sequence[float]) -> float:
    """Give what one member's favour for one bidder comes to over some projects: sqrt(N) x mean."""
    return sum(figures) / sqrt(len(figures))


def winners(of: Panel, *, without: str = "") -> frozenset[str]:
    """Give who has the highest sum of the members' scores, or of the others' than one; several where they are equal."""
    rows = [row for member, row in zip(of.members, of.scores, strict=True) if member != without]
    sums = [sum(column) for column in zip(*rows, strict=True)]
    return frozenset(bidder for bidder, each in zip(of.bidders, sums, strict=True) if each == max(sums))


def pivots(of: Panel) -> tuple[str, ...]:
    """Give the members without whose scores the winner would be another."""
    outcome = winners(of)
    return tuple(member for member in of.members if winners(of, without=member) != outcome)


def alerts(book: Rulebook, regime: str, panels: Sequence[Panel], past: History) -> tuple[Alert, ...]:
    """Give every figure of some panels beyond the rulebook's thresholds, measured by a history that has them too.

    Members are to be the same person under the same name in all panels, and so are bidders.
    """
    rule = RULES[ALERT]
    if not isinstance(rule, FactRule) or not book.applies(ALERT, regime):
        return ()
    values, population = book.values(ALERT, regime), past.panels - 1
    pivotal = {each.id: frozenset(pivots(each)) for each in panels}
    found = []
    for figure in _figures(panels, past):
        value = round(figure.value * 100)
        if rule.judge(Statistic(figure.measure, value, figure.projects, population), values) is not None:
            decisive = tuple(each for each in figure.panels if figure.member in pivotal[each])
            threshold = values.number(figure.measure)
            measured = (figure.measure, figure.member, figure.bidder, value, threshold)
            found.append(Alert(*measured, figure.panels, decisive, population))
    return tuple(found)


def far_from_the_mean(book: Rulebook, regime: str, of: Panel) -> tuple[tuple[str, str], ...]:
    """Give the members and bidders whose score differs from the panel's mean by more than the rulebook's share."""
    rule = RULES[DEVIATION]
    if not isinstance(rule, FactRule) or not book.applies(DEVIATION, regime):
        return ()
    values, n = book.values(DEVIATION, regime), len(of.members)
    return tuple(
        (member, bidder)
        for member, row in zip(of.members, of.scores, strict=True)
        for bidder, one, column in zip(of.bidders, row, zip(*of.scores, strict=True), strict=True)
        if rule.judge(Given(one * n, sum(column)), values) is not None
    )


class _Figure(NamedTuple):
    measure: Measure
    member: str
    bidder: str
    value: float
    projects: int
    panels: tuple[str, ...]


def _figures(panels: Sequence[Panel], past: History) -> Iterator[_Figure]:
    series: defaultdict[tuple[str, str], list[tuple[Panel, float]]] = defaultdict(list)
    for each in panels:
        others = past.without(each)
        for member, value in severity(each, others).items():
            yield _Figure(Measure.SEVERITY, member, "", value, 1, (each.id,))
        for (member, bidder), value in favouring(each, others).items():
            series[member, bidder].append((each, value))
            yield _Figure(Measure.FAVOURING, member, bidder, value, 1, (each.id,))
    for (member, bidder), measured in series.items():
        projects: defaultdict[str, list[float]] = defaultdict(list)
        for each, value in measured:
            projects[each.project].append(value)
        together = accumulated([fmean(values) for values in projects.values()])
        rests = tuple(each.id for each, _ in measured)
        yield _Figure(Measure.ACCUMULATED, member, bidder, together, len(projects), rests)


def _means(of: Panel) -> list[float]:
    return [fmean(row) for row in of.scores]


def _residuals(of: Panel) -> list[list[float]]:
    """What is left of each score when the member's and the bidder's means are taken out."""
    n = len(of.members)
    means = _means(of)
    middle = sum(means) / n
    columns = [sum(column) / n for column in zip(*of.scores, strict=True)]
    return [
        [one - mean - column + middle for one, column in zip(row, columns, strict=True)]
        for mean, row in zip(means, of.scores, strict=True)
    ]


def _measured(value: float, usual: float) -> float:
    """A difference in usual deviations; where the history knows of no differences none can be measured."""
    return value / usual if usual else 0.0
