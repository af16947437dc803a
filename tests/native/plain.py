"""Field, curve and scalars by plain integers, slowly and obviously: what the native engine is held against."""

from __future__ import annotations

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)

Point = tuple[int, int]
IDENTITY: Point = (0, 1)


def add(a: Point, b: Point) -> Point:
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2 % P
    return (x1 * y2 + y1 * x2) * pow(1 + t, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P


def neg(a: Point) -> Point:
    return -a[0] % P, a[1]


def times(n: int, a: Point) -> Point:
    result = IDENTITY
    for bit in bin(n)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, a)
    return result


def is_on_curve(a: Point) -> bool:
    x, y = a
    return (y * y - x * x - 1 - D * x * x * y * y) % P == 0


def root_of_ratio(u: int, v: int) -> int | None:
    """The even x with v*x^2 = u; 0 where v is 0 and u too, as 0*x^2 = 0 has x = 0."""
    ratio = u * pow(v, P - 2, P) % P
    if v % P == 0:
        return 0 if u % P == 0 else None
    x = pow(ratio, (P + 3) // 8, P)
    if (x * x - ratio) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - ratio) % P:
        return None
    return P - x if x & 1 else x


def decode(encoded: bytes) -> Point | None:
    value = int.from_bytes(encoded, "little")
    y, sign = value % 2**255, value >> 255
    if y >= P:
        return None
    x = root_of_ratio(y * y - 1, D * y * y + 1)
    if x is None or (x == 0 and sign):
        return None
    return (P - x if sign else x), y


def encode(a: Point) -> bytes:
    return (a[1] | (a[0] & 1) << 255).to_bytes(32, "little")


def coordinates(a: Point) -> bytes:
    return a[0].to_bytes(32, "little") + a[1].to_bytes(32, "little")


def _torsion() -> list[Point]:
    """All eight points of small order: the multiples of one of order 8."""
    y = 2
    while True:
        point = decode(y.to_bytes(32, "little"))
        if point is not None:
            eighth = times(Q, point)
            if times(4, eighth) != IDENTITY:
                return [times(n, eighth) for n in range(8)]
        y += 1


TORSION = _torsion()
GENERATOR = decode(b"\x58" + 31 * b"\x66") or IDENTITY
ORDER_EIGHT = [encode(times(n, TORSION[1])) for n in range(8)]
"""The multiples of a point of order 8, as they are written."""
