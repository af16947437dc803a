"""Every operation of the native engine against plain integers: on edges, random values and all eight torsion points."""

from __future__ import annotations

import hashlib
import random
from base64 import b64encode
from collections.abc import Callable
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.native import plain
from tests.native.plain import GENERATOR, IDENTITY, TORSION, P, Point, Q

LIMBS = [0, 1, 2**51 - 1, 2**50, 2**51 - 19, 2**51 - 20]
FIELD_EDGES = sorted(
    {0, 1, 2, 18, 19, 20, P - 1, P - 2, P - 19, (P - 1) // 2, (P + 1) // 2, 2**254, plain.D, plain.ROOT_OF_MINUS_ONE}
    | {sum(limb << 51 * i for i in range(5)) % P for limb in LIMBS}
    | {limb << 51 * i for limb in LIMBS for i in range(5) if limb << 51 * i < P}
)
SCALAR_EDGES = [0, 1, 2, 7, 8, Q - 1, Q - 2, Q // 2, 2**252, 2**252 - 1, 2**128, 2**128 - 1, 2**64, pow(8, -1, Q)]
SCALAR_EDGES += [sum((2 ** (w - 1)) << w * i for i in range(250 // w)) % Q for w in range(4, 14)]

elements = st.one_of(st.sampled_from(FIELD_EDGES), st.integers(0, P - 1))
scalars = st.one_of(st.sampled_from(SCALAR_EDGES), st.integers(0, Q - 1))
points = st.builds(
    lambda n, torsion: plain.add(plain.times(n, GENERATOR), torsion),
    st.one_of(st.sampled_from([0, 1, 2, Q - 1]), st.integers(0, Q - 1)),
    st.sampled_from(TORSION),
)

Operate = Callable[..., bytes | None]


@pytest.fixture(scope="module")
def run(native: ModuleType) -> Operate:
    """``run("field mul", a, b)``: an operation on integers, points or bytes."""

    def encoded(value: int | Point | bytes) -> bytes:
        if isinstance(value, int):
            return value.to_bytes(32, "little")
        return value if isinstance(value, bytes) else plain.coordinates(value)

    def operate(name: str, *values: int | Point | bytes) -> bytes | None:
        found: bytes | None = native.operate(name, b"".join(encoded(value) for value in values))
        return found

    return operate


def number(value: int) -> bytes:
    return value.to_bytes(32, "little")


def test_the_plain_twin_has_eight_points_of_small_order() -> None:
    assert len(set(TORSION)) == 8
    assert all(plain.is_on_curve(point) and plain.times(8, point) == IDENTITY for point in TORSION)
    assert plain.times(Q, GENERATOR) == IDENTITY


@pytest.mark.parametrize("a", FIELD_EDGES)
def test_field_edges(run: Operate, a: int) -> None:
    assert run("field read", a) == number(a)
    assert run("field square", a) == number(a * a % P)
    assert run("field neg", a) == number(-a % P)
    assert run("field invert", a) == number(pow(a, P - 2, P))
    for b in FIELD_EDGES:
        assert run("field mul", a, b) == number(a * b % P)
        assert run("field add", a, b) == number((a + b) % P)
        assert run("field sub", a, b) == number((a - b) % P)


@pytest.mark.parametrize("value", [P, P + 1, P + 18, 2**255 - 1])
def test_what_is_not_below_p_is_no_element(run: Operate, value: int) -> None:
    assert run("field read", value) is None


@given(a=elements, b=elements, c=elements, d=elements)
def test_field_on_any_values(run: Operate, a: int, b: int, c: int, d: int) -> None:
    assert run("field mul", a, b) == number(a * b % P)
    assert run("field square", a) == number(a * a % P)
    assert run("field loose", a, b, c, d) == number(((a + b) - (c - d)) * ((a - b) + c) % P)
    root = plain.root_of_ratio(a, b)
    assert run("field root of ratio", a, b) == (None if root is None else number(root))


@given(a=points, b=points)
def test_eight_lanes_compute_as_one(run: Operate, a: Point, b: Point) -> None:
    """A sum in which every bucket is met several times, by equal, opposite and small points."""
    terms = [(a, 1), (a, 1), (b, 3), (plain.neg(a), 1), (plain.neg(b), 3), (a, 3), (TORSION[3], 1), (IDENTITY, 2)]
    expected = plain.add(plain.times(4, a), plain.times(3, TORSION[1]))
    flat = [part for base, scalar in terms for part in (bytes([0]), base, scalar)]
    assert run("sum", bytes([5]), *flat) == plain.coordinates(expected)


@given(a=st.lists(elements, min_size=8, max_size=8), b=st.lists(elements, min_size=8, max_size=8))
def test_eight_field_elements_are_computed_as_one_by_one(run: Operate, a: list[int], b: list[int]) -> None:
    found = run("eight elements", *a, *b)
    if found is None:
        pytest.skip("this processor does not compute eight at once, or was told not to")
    operations: list[Callable[[int, int], int]] = [
        lambda x, y: x * y,
        lambda x, y: x * x,
        lambda x, y: x + y,
        lambda x, y: x - y,
        lambda x, y: 2 * x + y,
        lambda x, y: 2 * x - y,
        lambda x, y: (2 * x + y) * (2 * x - y),
        lambda x, y: (x - y) ** 2,
        lambda x, y: pow(x, P - 2, P),
    ]
    assert found == b"".join(number(op(x, y) % P) for op in operations for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("start", range(0, len(FIELD_EDGES), 8))
def test_eight_field_edges(run: Operate, start: int) -> None:
    a = (FIELD_EDGES + FIELD_EDGES)[start : start + 8]
    for shift in range(0, len(FIELD_EDGES), 5):
        b = (FIELD_EDGES + FIELD_EDGES)[shift : shift + 8]
        found = run("eight elements", *a, *b)
        if found is None:
            pytest.skip("this processor does not compute eight at once, or was told not to")
        assert found[:256] == b"".join(number(x * y % P) for x, y in zip(a, b, strict=True))
        assert found[3 * 256 : 4 * 256] == b"".join(number((x - y) % P) for x, y in zip(a, b, strict=True))


FOUR: list[Callable[[int, int], int]] = [
    lambda x, y: x * y,
    lambda x, y: x * x,
    lambda x, y: x + y,
    lambda x, y: x - y,
    lambda x, y: (2 * x - y) * (x - y),
    lambda x, y: (4 * x + 2 * y) * (x + 2 * y),
    lambda x, y: (x + 2 * y) ** 2,
    lambda x, y: 3 * x,
]


@given(a=st.lists(elements, min_size=4, max_size=4), b=st.lists(elements, min_size=4, max_size=4))
def test_four_field_elements_are_computed_as_one_by_one(run: Operate, a: list[int], b: list[int]) -> None:
    found = run("four elements", *a, *b)
    if found is None:
        pytest.skip("this processor does not compute four at once, or was told not to")
    assert found == b"".join(number(op(x, y) % P) for op in FOUR for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("start", range(0, len(FIELD_EDGES), 4))
def test_four_field_edges(run: Operate, start: int) -> None:
    a = (FIELD_EDGES + FIELD_EDGES)[start : start + 4]
    for shift in range(0, len(FIELD_EDGES), 3):
        b = (FIELD_EDGES + FIELD_EDGES)[shift : shift + 4]
        found = run("four elements", *a, *b)
        if found is None:
            pytest.skip("this processor does not compute four at once, or was told not to")
        assert found == b"".join(number(op(x, y) % P) for op in FOUR for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("a", SCALAR_EDGES)
def test_scalar_edges(run: Operate, a: int) -> None:
    assert run("scalar neg", a) == number(-a % Q)
    for b in SCALAR_EDGES:
        assert run("scalar add", a, b) == number((a + b) % Q)
        assert run("scalar mul", a, b) == number(a * b % Q)


@given(a=scalars, b=scalars, wide=st.one_of(st.integers(0, 2**512 - 1), st.sampled_from([0, 2**512 - 1, Q, Q * Q])))
def test_scalars_on_any_values(run: Operate, a: int, b: int, wide: int) -> None:
    assert run("scalar mul", a, b) == number(a * b % Q)
    assert run("scalar reduce", wide.to_bytes(64, "little")) == number(wide % Q)


@pytest.mark.parametrize("count", [0, 1, 59, 60, 61, 119, 120, 121, 200])
def test_a_sum_of_products_never_overflows(run: Operate, count: int) -> None:
    pairs = [(Q - 1, Q - 1 - i % 3) for i in range(count)]
    flat = [value for pair in pairs for value in pair]
    assert run("scalar sum of products", *flat) == number(sum(a * b for a, b in pairs) % Q)


@given(a=st.one_of(scalars, st.integers(0, 2**256 - 1)))
def test_decimals_are_read_as_they_are_written(run: Operate, a: int) -> None:
    assert run("scalar decimal", str(a).encode()) == (number(a) if a < Q else None)


@pytest.mark.parametrize(
    "text", ["", "00", "01", "-1", "+1", " 1", "1 ", "1a", "1_0", "٣", str(Q), str(Q + 1), "9" * 76]
)
def test_what_is_no_scalar_is_none(run: Operate, text: str) -> None:
    assert run("scalar decimal", text.encode()) is None


@given(a=scalars, w=st.integers(4, 14))
def test_signed_digits_add_up(run: Operate, a: int, w: int) -> None:
    windows = -(-253 // w)
    raw = run("scalar digits", bytes([w, windows]), a) or b""
    digits = [int.from_bytes(raw[i : i + 2], "little", signed=True) for i in range(0, len(raw), 2)]
    assert sum(digit << w * i for i, digit in enumerate(digits)) == a
    assert all(-(1 << (w - 1)) < digit <= 1 << (w - 1) for digit in digits)


def test_the_generator_is_the_one_of_the_curve(run: Operate) -> None:
    assert run("point generator") == plain.coordinates(GENERATOR)


@pytest.mark.parametrize("a", [*TORSION, GENERATOR, plain.neg(GENERATOR), plain.add(GENERATOR, TORSION[1])])
def test_addition_has_no_exception(run: Operate, a: Point) -> None:
    for b in [*TORSION, GENERATOR, plain.neg(GENERATOR), a, plain.neg(a)]:
        assert run("point add", a, b) == plain.coordinates(plain.add(a, b))
        assert run("point subtract", a, b) == plain.coordinates(plain.add(a, plain.neg(b)))
    assert run("point double", a) == plain.coordinates(plain.add(a, a))


@given(a=points, b=points)
def test_points_on_any_values(run: Operate, a: Point, b: Point) -> None:
    assert run("point add", a, b) == plain.coordinates(plain.add(a, b))
    assert run("point double", a) == plain.coordinates(plain.add(a, a))
    assert run("point times eight", a) == plain.coordinates(plain.times(8, a))
    assert run("point encode", a) == plain.encode(a)
    assert run("point decode", plain.encode(a)) == plain.coordinates(a)


@settings(max_examples=30)
@given(a=points, n=scalars)
def test_multiples_by_both_ways(run: Operate, a: Point, n: int) -> None:
    assert run("point multiple", a, n) == plain.coordinates(plain.times(n, a)) * 2


@settings(max_examples=20)
@given(st.lists(st.tuples(points, scalars), min_size=1, max_size=10))
def test_multiples_of_several_at_once(run: Operate, all_of: list[tuple[Point, int]]) -> None:
    expected = b"".join(
        plain.coordinates(plain.times(n, a))
        + plain.coordinates(plain.times((n + 1) % Q, a))
        + plain.coordinates(plain.times(n, a))
        for a, n in all_of
    )
    assert run("point multiples", *(value for pair in all_of for value in pair)) == expected


@settings(max_examples=30)
@given(a=points)
def test_only_members_other_than_the_identity_have_a_root(run: Operate, a: Point) -> None:
    is_member = plain.times(Q, a) == IDENTITY and a != IDENTITY
    root = run("point eighth root", a)
    assert root == (plain.coordinates(plain.times(pow(8, -1, Q), a)) if is_member else None)


def test_a_point_off_the_curve_has_no_multiple_of_eight(run: Operate) -> None:
    x, y = GENERATOR
    for off in [(x + 1, y), (x, y + 1), (y, x), (0, 0), (1, 1)]:
        assert run("point times eight", off) is None
    assert run("point times eight", x | 1 << 255, y) is None
    assert run("point times eight", x, y | 1 << 255) is None
    assert run("point times eight", P, 1) is None


def member(root: Point) -> bytes:
    """8*Q as the engine gives it: its text, then y+x, y-x and 2d*x*y; the identity for what is no root."""
    is_root = all(coordinate < P for coordinate in root) and plain.is_on_curve(root)
    x, y = plain.times(8, root) if is_root else IDENTITY
    rest = [(y + x) % P, (y - x) % P, 2 * plain.D * x * y % P]
    return plain.encode((x, y)) + b"".join(map(number, rest))


NO_ROOTS = [(0, 0), (1, 1), (P, 1), (0, P + 1), (1 << 255, 1), (0, 1 | 1 << 255), (2**256 - 1, 2**256 - 1), (P - 1, P)]


@settings(max_examples=20)
@given(roots=st.lists(st.one_of(points, st.sampled_from([*NO_ROOTS, *TORSION])), max_size=20))
def test_roots_of_any_number_are_raised(run: Operate, roots: list[Point]) -> None:
    """Bad roots among good ones give the identity, and spoil nothing beside them."""
    assert run("roots", *roots) == b"".join(map(member, roots))


@given(encoded=st.binary(min_size=32, max_size=32))
def test_decoding_any_bytes(run: Operate, encoded: bytes) -> None:
    point = plain.decode(encoded)
    assert run("point decode", encoded) == (None if point is None else plain.coordinates(point))


@pytest.mark.parametrize("y", [1, P - 1, 0, P, P + 1, 2**255 - 1, 2, 3, 4, 5])
def test_decoding_odd_encodings(run: Operate, y: int) -> None:
    for sign in (0, 1 << 255):
        encoded = number(y | sign)
        point = plain.decode(encoded)
        assert run("point decode", encoded) == (None if point is None else plain.coordinates(point))


@pytest.mark.parametrize("more", range(5))
@pytest.mark.parametrize("w", range(4, 15))
def test_a_large_sum_is_the_sum_for_every_width(run: Operate, w: int, more: int) -> None:
    """And for every number of terms, as several are taken at once."""
    chance = random.Random(w)
    multiples = [plain.times(chance.randrange(Q), GENERATOR) for _ in range(more)]
    bases = [*multiples, *TORSION[:: 5 - more], GENERATOR, plain.neg(GENERATOR)]
    terms: list[tuple[int, Point, int]] = []
    for base in bases:
        terms += [(0, base, scalar) for scalar in (chance.randrange(Q), chance.choice(SCALAR_EDGES))]
        terms += [(1, base, scalar) for scalar in (chance.randrange(2**126), chance.choice([0, 1, 2**126 - 1]))]
    terms = terms[: len(terms) - more]
    expected = IDENTITY
    for _, base, scalar in terms:
        expected = plain.add(expected, plain.times(scalar, base))
    flat = [part for kind, base, scalar in terms for part in (bytes([kind]), base, scalar)]
    assert run("sum", bytes([w]), *flat) == plain.coordinates(expected)


def test_a_sum_that_is_torsion_is_not_taken_for_the_identity(run: Operate) -> None:
    for torsion in TORSION[1:]:
        found = run("sum", bytes([0]), bytes([0]), torsion, 1, bytes([0]), GENERATOR, 0)
        assert found == plain.coordinates(torsion)


@pytest.mark.parametrize("size", [*range(0, 130), 183, 184, 191, 192, 1000, 3000])
def test_hashes_of_every_length_about_a_block(run: Operate, size: int) -> None:
    message = bytes(i * 7 & 255 for i in range(size))
    assert run("sha256", message) == hashlib.sha256(message).digest()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
def test_messages_hashed_side_by_side_are_told_apart(run: Operate, count: int) -> None:
    """Of any sizes, each in two parts."""
    chance = random.Random(count)
    for _ in range(30):
        sizes = [(chance.choice([0, 1, 55, 56, 63, 64, 65, 500, 1023]), chance.randrange(65)) for _ in range(count)]
        parts = [(chance.randbytes(start), chance.randbytes(end)) for start, end in sizes]
        packed = b"".join(len(part).to_bytes(2, "little") + part for pair in parts for part in pair)
        assert run("sha256 many", packed) == b"".join(hashlib.sha256(start + end).digest() for start, end in parts)


@given(data=st.binary(min_size=32, max_size=32))
def test_texts_are_those_of_the_archive(run: Operate, data: bytes) -> None:
    assert run("fingerprint", data) == b64encode(data).rstrip(b"=")
    assert run("point text", data) == data[::-1].hex().encode()
    assert run("point of text", data[::-1].hex().encode()) == data


@pytest.mark.parametrize("text", ["A" * 64, "g" * 64, "0" * 63 + "G", " " * 64, "0x" + "0" * 62])
def test_what_is_no_text_of_a_point_is_none(run: Operate, text: str) -> None:
    assert run("point of text", text.encode()) is None
