"""A pool of people who do not exist, for tests, demonstrations and benchmarks: the same for a seed on every Python.

    for identity, facts in demo_experts("spring", 5_000): ...

Specialties and areas are real (the national table, Hunan's counties). Nothing else is, and each value shows it: names
end in ·演示 ("demonstration"), identity numbers have the province's own code for a district, under which no police
office issues any, phones begin with 154, which no operator has, accounts with 0000, which no bank has, and employers
have credit codes of the area 439999, which does not exist. Check digits are right, so all pass the ordinary checks.

Every expert follows from the seed and their own number alone: a small pool is the beginning of a large one. Different
seeds share numbers, so one pool takes experts of one seed. What is random here is SHA-256 of seed and number, never
`random`, whose methods may change from one Python to the next.

Public: `demo_experts`, `demo_employers`, `DemoExpert`, `MOST_EXPERTS`.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from typing import Final, NamedTuple, TypeVar

from stdnum.cn import ric, uscc

from expertpool.experts.protection import Identity
from policies import areas, specialties
from policies.facts import (
    Claim,
    Degree,
    Employment,
    Expert,
    Kinship,
    Penalty,
    PenaltyKind,
    Post,
    Relation,
    Shareholding,
    Title,
    Unit,
)

MOST_EXPERTS: Final = 10_000_000
EMPLOYERS: Final = 3_000

_TAG: Final = b"expertpool/demo-pool/v1"
_DISTRICT: Final = "430000"
_FIRST_BIRTH: Final = date(1958, 1, 1)
_BIRTHDAYS: Final = 12_784  # to the end of 1992
_TODAY: Final = date(2026, 6, 30)
_PER_DAY: Final = 1_000  # sequence numbers of one district and day
_STEP: Final = 7_368_787  # a prime: steps through birthdays and phones without meeting one twice
_PHONES: Final = 10**8
_RANKS_SKIPPED: Final = 8  # so that the largest employer has some 2 % of the pool, not Zipf's 12 %

_SURNAMES: Final = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜谢邹喻苏潘葛范彭"
_GIVEN: Final = "岚桥木溪舟禾松竹石泉云山川林枫棠梓楠柏桐榆槐杉荷菱芷兰芸蕙荃汀渚湄洲屿岑峦岫砚墨弦筝箫笙"
_KINDS: Final = ("建筑设计院", "勘测研究院", "工程咨询公司", "建设监理公司", "职业学院", "人民医院", "水利工程局")
_TITLES: Final = (Title.SENIOR,) * 7 + (Title.MID,) * 3
_DEGREES: Final = (Degree.BACHELOR,) * 6 + (Degree.MASTER,) * 3 + (Degree.DOCTOR,)

T = TypeVar("T")


class DemoExpert(NamedTuple):
    """A fictional expert in the form that enrolment takes."""

    identity: Identity
    facts: Expert


class Draws:
    """Numbers that follow from a seed, a purpose and an index: SHA-256 in counter mode, 32 bits at a time."""

    def __init__(self, seed: str, purpose: str, index: int) -> None:
        self._key = b"\0".join((_TAG, seed.encode(), purpose.encode(), b"%d" % index))
        self._block = 0
        self._bytes = b""

    def below(self, bound: int) -> int:
        """A number in [0, bound); the bias of at most bound / 2**32 matters to nobody here."""
        if not self._bytes:
            self._bytes = hashlib.sha256(b"%s\0%d" % (self._key, self._block)).digest()
            self._block += 1
        word, self._bytes = int.from_bytes(self._bytes[:4], "big"), self._bytes[4:]
        return word * bound >> 32

    def one_in(self, many: int) -> bool:
        """True once in so many times."""
        return self.below(many) == 0

    def choose(self, among: Sequence[T]) -> T:
        """One of several, each as likely as the others."""
        return among[self.below(len(among))]

    def weighted(self, among: Sequence[T], cumulative: Sequence[int]) -> T:
        """One of several, each as likely as its share of the cumulative weights."""
        return among[bisect_right(cumulative, self.below(cumulative[-1]))]


def demo_experts(seed: str, count: int) -> Iterator[DemoExpert]:
    """The first ``count`` experts of the seed. Raises ValueError beyond `MOST_EXPERTS`: identity numbers run out."""
    if not 0 <= count <= MOST_EXPERTS:
        raise ValueError(f"a demonstration pool has up to {MOST_EXPERTS} experts")
    shift = Draws(seed, "shift", 0).below(_BIRTHDAYS * _PER_DAY)
    employers = demo_employers(seed)
    for index in range(count):
        yield _expert(seed, index, shift, employers)


@cache
def demo_employers(seed: str) -> tuple[Unit, ...]:
    """The seed's employers, the largest first."""
    return tuple(_employer(seed, index) for index in range(EMPLOYERS))


def _expert(seed: str, index: int, shift: int, employers: Sequence[Unit]) -> DemoExpert:
    draws = Draws(seed, "expert", index)
    place = (index * _STEP + shift) % (_BIRTHDAYS * _PER_DAY)
    born = _FIRST_BIRTH + timedelta(days=place // _PER_DAY)
    given = "".join(draws.choose(_GIVEN) for _ in range(1 + draws.below(2)))
    identity = Identity(
        name=f"{draws.choose(_SURNAMES)}{given}·演示",
        id_number=_id_number(born, place % _PER_DAY),
        code=f"DEMO-{index + 1:07}",
        phone=f"154{(index * _STEP + shift) % _PHONES:08}",
        account=f"0000{draws.below(10**6):06}{index:09}",
    )
    return DemoExpert(identity, _facts(draws, born, employers))


def _facts(draws: Draws, born: date, employers: Sequence[Unit]) -> Expert:
    started = born + timedelta(days=22 * 365 + draws.below(6 * 365))
    employer = draws.weighted(employers, _employer_weights())
    jobs = [Employment(employer, started + timedelta(days=365))]
    if draws.one_in(5):
        left = started + timedelta(days=draws.below((_TODAY - started).days))
        former = draws.weighted(employers, _employer_weights())
        jobs = [Employment(former, started, left), Employment(employer, left + timedelta(days=1))]
    return Expert(
        practice_since=started,
        title=draws.choose(_TITLES),
        equivalent=draws.one_in(50),
        degree=draws.choose(_DEGREES),
        area=draws.weighted(*_counties()),
        claims=_claims(draws),
        suspensions=(),
        penalties=(_penalty(draws),) if draws.one_in(100) else (),
        employments=tuple(jobs),
        directorships=(),
        shareholdings=(_shareholding(draws, employers),) if draws.one_in(50) else (),
        kinships=(_kinship(draws, employers),) if draws.one_in(30) else (),
        interests=(),
    )


def _claims(draws: Draws) -> tuple[Claim, ...]:
    """One to six claims in one or two second-level classes: mostly fourth-level ones, at times the class above."""
    codes: list[str] = []
    for _ in range(1 + draws.one_in(4)):
        leaves = draws.weighted(*_fields())
        for _ in range(1 + draws.below(3)):
            leaf = draws.choose(leaves)
            codes.append(leaf.parent if leaf.level == 4 and draws.one_in(8) else leaf.code)
    return tuple(Claim(code) for code in dict.fromkeys(codes))


def _penalty(draws: Draws) -> Penalty:
    return Penalty(PenaltyKind.BAD_RECORD, _TODAY - timedelta(days=draws.below(6 * 365)))


def _shareholding(draws: Draws, employers: Sequence[Unit]) -> Shareholding:
    return Shareholding(draws.choose(employers), 1 + draws.below(1000), controls=False)


def _kinship(draws: Draws, employers: Sequence[Unit]) -> Kinship:
    return Kinship(draws.choose(employers), draws.choose(tuple(Relation)), draws.choose((Post.PRINCIPAL, Post.STAFF)))


def _id_number(born: date, sequence: int) -> str:
    digits = f"{_DISTRICT}{born:%Y%m%d}{sequence:03}"
    return digits + ric.calc_check_digit(digits + "0")


def _employer(seed: str, index: int) -> Unit:
    draws = Draws(seed, "employer", index)
    place = areas.find(areas.prefecture(draws.weighted(*_counties()))).name_zh
    name = f"演示{place}{draws.choose(_GIVEN)}{draws.choose(_GIVEN)}{draws.choose(_KINDS)}{index + 1:04}"
    body = f"91439999DEM{index + 1:06}"
    return Unit(name, body + uscc.calc_check_digit(body))


@cache
def _employer_weights() -> tuple[int, ...]:
    """How many work where: by Zipf's law, the size is one over the rank."""
    return tuple(accumulate(10**7 // (rank + _RANKS_SKIPPED) for rank in range(1, EMPLOYERS + 1)))


@cache
def _counties() -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Hunan's counties in force; one of Changsha, where the institutes are, weighs as much as eight others."""
    codes = tuple(
        sorted(
            area.code
            for area in areas.table().values()
            if area.code.startswith("43") and not area.code.endswith("00") and not area.last_listed
        )
    )
    return codes, tuple(accumulate(8 if code.startswith("4301") else 1 for code in codes))


@cache
def _fields() -> tuple[tuple[tuple[specialties.Specialty, ...], ...], tuple[int, ...]]:
    """The leaves of each second-level class, those with more specialties more often chosen."""
    table = specialties.table("national", "2018")
    parents = {specialty.parent for specialty in table.values()}
    fields: dict[str, list[specialties.Specialty]] = {}
    for code in sorted(table):
        if code not in parents:
            second = next(each for each in specialties.ancestors(code) if each.level <= 2)
            fields.setdefault(second.code, []).append(table[code])
    return tuple(map(tuple, fields.values())), tuple(accumulate(len(leaves) for leaves in fields.values()))
