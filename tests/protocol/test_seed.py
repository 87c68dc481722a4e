"""Seeds: HKDF against RFC 5869, and everything else against a second, plain implementation of docs/spec/draw.md."""

import hashlib
import hmac
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expertpool.protocol import seed
from expertpool.protocol.seed import BeaconValue, Contribution, Seeds, expand, extract

ALPHA = bytes(range(32))
CENTRE = Contribution("khd_01", bytes(range(64)))
OUTSIDE = Contribution("khd_02", bytes(range(64, 128)))
BEACON = BeaconValue(b"\xaa" * 32, 4_200_000, b"\xbb" * 32)


@pytest.mark.parametrize(
    ("ikm", "salt", "info", "prk", "okm"),
    [
        pytest.param(
            "0b" * 22,
            "000102030405060708090a0b0c",
            "f0f1f2f3f4f5f6f7f8f9",
            "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
            id="A.1",
        ),
        pytest.param(
            bytes(range(0x50)).hex(),
            bytes(range(0x60, 0xB0)).hex(),
            bytes(range(0xB0, 0x100)).hex(),
            "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
            "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
            id="A.2",
        ),
        pytest.param(
            "0b" * 22,
            "",
            "",
            "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
            id="A.3",
        ),
    ],
)
def test_hkdf_is_that_of_rfc_5869(ikm: str, salt: str, info: str, prk: str, okm: str) -> None:
    extracted = extract(bytes.fromhex(salt), bytes.fromhex(ikm))
    assert extracted.hex() == prk
    assert expand(extracted, bytes.fromhex(info), len(okm) // 2).hex() == okm


class Plain:
    """The specification once more, with nothing but hmac and text of bits."""

    def __init__(self, alpha: bytes, contributions: list[Contribution], beacon: BeaconValue | None) -> None:
        material = bytearray()
        for organisation, beta in contributions:
            name = organisation.encode("utf-8")
            material += len(name).to_bytes(4, "big") + name + b"\x00\x00\x00\x40" + beta
        if beacon:
            material += b"\x00\x00\x00\x20" + beacon.chain
            material += b"\x00\x00\x00\x08" + beacon.round.to_bytes(8, "big")
            material += b"\x00\x00\x00\x20" + beacon.randomness
        self.prk = hmac.new(alpha, bytes(material), hashlib.sha256).digest()

    def block(self, purpose: str, *numbers: int) -> bytes:
        info = b"expertpool:panel/v1:" + purpose.encode() + b"".join(number.to_bytes(4, "big") for number in numbers)
        return hmac.new(self.prk, info + b"\x01", hashlib.sha256).digest()

    def seat_codes(self, seats: int) -> list[str]:
        blocks = b"".join(self.block("seats", number) for number in range(seats + 1))
        bits = "".join(f"{byte:08b}" for byte in blocks)
        codes: list[str] = []
        while len(codes) < seats:
            code = "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[int(bits[at : at + 5], 2)] for at in range(0, 20, 5))
            bits = bits[20:]
            if code not in codes:
                codes.append(code)
        return codes


@given(
    alpha=st.binary(min_size=32, max_size=32),
    contributions=st.lists(
        st.builds(Contribution, st.text(min_size=1, max_size=30), st.binary(min_size=64, max_size=64)),
        min_size=1,
        max_size=4,
        unique_by=lambda each: each.organisation,
    ),
    beacon=st.none()
    | st.builds(
        BeaconValue,
        st.binary(min_size=32, max_size=32),
        st.integers(0, 2**64 - 1),
        st.binary(min_size=32, max_size=32),
    ),
    number=st.integers(1, 2**32 - 1),
    seats=st.integers(0, 60),
)
def test_everything_is_as_a_second_implementation_has_it(
    alpha: bytes, contributions: list[Contribution], beacon: BeaconValue | None, number: int, seats: int
) -> None:
    seeds, plain = Seeds.derive(alpha, contributions, beacon), Plain(alpha, contributions, beacon)
    assert seeds.panel == plain.block("panel")
    assert seeds.vacancy(number) == plain.block("vacancy", number)
    assert seeds.member_salt(number, seats) == plain.block("member", number, seats)[:16]
    assert seeds.seat_codes(seats) == plain.seat_codes(seats)


def test_a_worked_example_stays_what_it_is() -> None:
    seeds = Seeds.derive(ALPHA, [CENTRE, OUTSIDE], BEACON)
    assert seeds.panel.hex() == "847f2bdcd3467eb13fb32ce37cd6657a6a6892429c3f2057f9b4a3aebf3adab2"
    assert seeds.vacancy(1).hex() == "e5f6e7e69342dbaf58de1253dab8010db2947a84b3ea518a4ba2401dab554a13"
    assert seeds.member_salt(0, 2).hex() == "8a9fa09cfb4d7825f61e8942a8fdbe76"
    assert seeds.seat_codes(5) == ["9XHF", "EW5B", "QA6J", "NASV", "6GQA"]


def test_every_input_and_its_place_matters() -> None:
    variants = [
        Seeds.derive(ALPHA, [CENTRE, OUTSIDE], BEACON),
        Seeds.derive(ALPHA, [OUTSIDE, CENTRE], BEACON),
        Seeds.derive(ALPHA, [CENTRE, OUTSIDE]),
        Seeds.derive(ALPHA, [CENTRE], BEACON),
        Seeds.derive(ALPHA[::-1], [CENTRE, OUTSIDE], BEACON),
        Seeds.derive(ALPHA, [CENTRE, OUTSIDE._replace(organisation="khd_03")], BEACON),
        Seeds.derive(ALPHA, [CENTRE, OUTSIDE._replace(beta=bytes(64))], BEACON),
        Seeds.derive(ALPHA, [CENTRE, OUTSIDE], BEACON._replace(chain=bytes(32))),
        Seeds.derive(ALPHA, [CENTRE, OUTSIDE], BEACON._replace(round=BEACON.round + 1)),
        Seeds.derive(ALPHA, [CENTRE, OUTSIDE], BEACON._replace(randomness=bytes(32))),
    ]
    assert len({each.panel for each in variants}) == len(variants)


def test_the_seeds_of_one_draw_are_apart() -> None:
    seeds = Seeds.derive(ALPHA, [CENTRE, OUTSIDE])
    assert len({seeds.panel, *map(seeds.vacancy, range(1, 100))}) == 100
    assert len({seeds.member_salt(vacancy, seat) for vacancy in range(10) for seat in range(10)}) == 100


def test_seat_codes_go_on_where_they_stopped_and_repeat_none() -> None:
    seeds = Seeds.derive(ALPHA, [CENTRE, OUTSIDE])
    many = seeds.seat_codes(3000)
    assert len(set(many)) == 3000
    assert many[:7] == seeds.seat_codes(7)
    assert {len(code) for code in many} == {4}
    assert not set("ILOU") & set("".join(many))


def test_a_code_that_is_taken_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three blocks of zeros but for their last bit, then ones: the 39th code has 8 bits of the one, 12 of the other."""
    blocks = [bytes(32), bytes(32), bytes(31) + b"\x01", b"\xff" * 32]
    monkeypatch.setattr(seed, "expand", lambda prk, info, length: blocks[int.from_bytes(info[-4:])])
    assert Seeds.derive(ALPHA, [CENTRE]).seat_codes(3) == ["0000", "07ZZ", "ZZZZ"]


@pytest.mark.parametrize(
    ("alpha", "contributions", "beacon"),
    [
        pytest.param(ALPHA[:-1], [CENTRE], None, id="alpha short"),
        pytest.param(ALPHA + b"\x00", [CENTRE], None, id="alpha long"),
        pytest.param(ALPHA, [], None, id="nobody"),
        pytest.param(ALPHA, [], BEACON, id="the beacon alone"),
        pytest.param(ALPHA, [CENTRE, OUTSIDE._replace(organisation="khd_01")], None, id="one organisation twice"),
        pytest.param(ALPHA, [CENTRE._replace(beta=bytes(63))], None, id="beta short"),
        pytest.param(ALPHA, [CENTRE], BEACON._replace(chain=bytes(31)), id="chain short"),
        pytest.param(ALPHA, [CENTRE], BEACON._replace(randomness=bytes(33)), id="randomness long"),
    ],
)
def test_what_cannot_be_a_seed_is_refused(
    alpha: bytes, contributions: list[Contribution], beacon: BeaconValue | None
) -> None:
    with pytest.raises(ValueError, match=r"seed needs|are expected"):
        Seeds.derive(alpha, contributions, beacon)


@pytest.mark.parametrize("number", [0, -1])
def test_there_is_no_vacancy_before_the_first(number: int) -> None:
    with pytest.raises(ValueError, match="from 1"):
        Seeds.derive(ALPHA, [CENTRE]).vacancy(number)


def test_seeds_show_nothing_and_stay_as_they_are() -> None:
    seeds = Seeds.derive(ALPHA, [CENTRE])
    assert repr(seeds) == "Seeds()"
    with pytest.raises(FrozenInstanceError):
        seeds._prk = bytes(32)  # type: ignore[misc]
