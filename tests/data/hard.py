#!/usr/bin/env python3
"""Writes f64-exp.hard and f64-log.hard, next to it: inputs whose results are hard to round.

Needs gmpy2 (MPFR): `pip install gmpy2`, then `python3 hard.py`. It keeps the inputs below a heading that begins
`# published`, as they stand in the files; derives the others; computes every y anew, to 400 bits and then rounded
once, to nearest and ties to even, subnormal results too; and prints the hardest. Nothing is random: run twice, it
writes the same files.

A line is `x y`, the bits of both as 16 hexadecimal digits. A line that begins with # is a comment. The distance of
a case is that of the true result from the nearest middle between two neighbouring f64, in ulps of the result; a
group's cases come hardest first.
"""
import math
import pathlib
import struct
import sys

import gmpy2
from gmpy2 import mpfr

gmpy2.set_context(gmpy2.context(precision=400, emin=-100_000, emax=100_000))

HERE = pathlib.Path(__file__).resolve().parent
FUNCTIONS = {"exp": gmpy2.exp, "log": gmpy2.log}
INFINITY = 0x7FF << 52

EXPLAINED = {
    "exp": """# Inputs of exp whose results are hard to round, for f64: bits of x, bits of the correctly rounded result.
# Written by hard.py, which says more. The published inputs are facts from these:
#   LM: V. Lefevre, J.-M. Muller, Worst cases for correct rounding of the elementary functions in double precision,
#       ARITH-15, 2001, pages 111-118; research report INRIA RR-4044, 2000; and the full list of V. Lefevre,
#       https://www.vinc17.net/research/testlibm/
#   CM: the CORE-MATH project (P. Zimmermann and others, MIT licence), src/binary64/exp/exp.wc of 2023-09-04, found
#       with BaCSeL; A. Sibidanov, P. Zimmermann, S. Glondu, The CORE-MATH project, ARITH-29, 2022
#   LL: LLVM libc, libc/test/src/math/exp_test.cpp, inputs that were hard for its authors
#   GIMZ: B. Gladman, V. Innocente, J. Mather, P. Zimmermann, Accuracy of mathematical functions in single, double,
#       double extended and quadruple precision, hal-03141101: where libraries err most
""",
    "log": """# Inputs of log whose results are hard to round, for f64: bits of x, bits of the correctly rounded result.
# Written by hard.py, which says more. The published inputs are facts from these:
#   LM: V. Lefevre, J.-M. Muller, Worst cases for correct rounding of the elementary functions in double precision,
#       ARITH-15, 2001, pages 111-118; research report INRIA RR-4044, 2000; and the full list of V. Lefevre,
#       https://www.vinc17.net/research/testlibm/hrcases/hrcases-explog.xz
#   CM: the CORE-MATH project (P. Zimmermann and others, MIT licence), src/binary64/log/log.wc of 2024-10-03, found
#       with BaCSeL; A. Sibidanov, P. Zimmermann, S. Glondu, The CORE-MATH project, ARITH-29, 2022
#   LL: LLVM libc, libc/test/src/math/log_test.cpp, inputs that were hard for its authors
#   GIMZ: B. Gladman, V. Innocente, J. Mather, P. Zimmermann, Accuracy of mathematical functions in single, double,
#       double extended and quadruple precision, hal-03141101: where libraries err most
""",
}


def bits_of(x):
    return struct.unpack(">Q", struct.pack(">d", x))[0]


def of_bits(bits):
    return struct.unpack(">d", struct.pack(">Q", bits))[0]


def around(x, n):
    """x and n numbers on both sides, of its sign."""
    bits = bits_of(x)
    return [of_bits(b) for b in range(bits - n, bits + n + 1) if bits >> 63 == b >> 63 and b & INFINITY != INFINITY]


def times_power_of_two(y, n):
    return gmpy2.mul_2exp(y, n) if n >= 0 else gmpy2.div_2exp(y, -n)


def in_units(y):
    """|y| in units of its last place, and that place: 2^place is the distance of the f64 around y."""
    place = max(gmpy2.get_exp(y) - 53, -1074)
    return times_power_of_two(abs(y), -place), place


def rounded(y):
    """The bits of the f64 nearest to y, ties to even, by whole numbers."""
    sign = (1 << 63) if gmpy2.is_signed(y) else 0
    if not gmpy2.is_regular(y):
        return sign | (0 if gmpy2.is_zero(y) else INFINITY)
    units, place = in_units(y)
    whole = int(gmpy2.floor(units))
    rest = units - whole
    whole += int(rest > 0.5 or rest == 0.5 and whole % 2 == 1)
    # 2^53 units carry into the exponent by themselves; so does the first normal number.
    magnitude = ((place + 1074) << 52) + whole
    return sign | min(magnitude, INFINITY)


def hardness(op, x):
    """-log2 of the distance, in ulps, from the nearest middle between neighbours."""
    y = FUNCTIONS[op](mpfr(x))
    if not gmpy2.is_regular(y) or gmpy2.get_exp(y) > 1024:
        return 0.0
    units, _ = in_units(y)
    distance = abs(units - gmpy2.floor(units) - mpfr("0.5"))
    return 400.0 if distance == 0 else float(-gmpy2.log2(distance))


class Random:
    """Numbers that look random (SplitMix64)."""

    def __init__(self, seed):
        self.state = seed

    def bits(self):
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E37_79B9_7F4A_7C15) & mask
        z = self.state
        z = ((z ^ z >> 30) * 0xBF58_476D_1CE4_E5B9) & mask
        z = ((z ^ z >> 27) * 0x94D0_49BB_1331_11EB) & mask
        return z ^ z >> 31


def hardest(op, xs, n):
    return sorted(set(xs), key=lambda x: (-hardness(op, x), bits_of(x)))[:n]


def as_double(y):
    return of_bits(rounded(y))


def middle(y):
    """The middle between the f64 y > 0 and the next above."""
    place = in_units(mpfr(y))[1]
    return mpfr(y) + times_power_of_two(mpfr(1), place - 1)


def exp_groups():
    random = Random(1)
    # Near 1 every middle is a multiple of 2^-53 (of 2^-54 below 1), and log of it rounded is the nearest input.
    first = [s * n * 2.0**-e for s in (1, -1) for n in (1, 3, 5, 7) for e in (53, 54, 55)]
    yield (
        "exp 1: small multiples of 2^-53, 2^-54 and 2^-55, with neighbours",
        hardest("exp", [x for f in first for x in around(f, 2)], 200),
    )
    near, far = [], []
    for n in [*range(1, 1024, 2), *((1 << k) + d for k in range(10, 27) for d in (-3, -1, 1, 3))]:
        near += [as_double(gmpy2.log1p(mpfr(s * n) * 2.0**-e)) for s, e in ((1, 53), (-1, 54))]
    yield "exp 2: the inputs nearest to log of a middle close to 1, the first and those near powers of two", hardest(
        "exp", near, 300
    )
    for k in range(26, 51):
        for s, e in ((1, 53), (-1, 54)):
            some = [(random.bits() >> 11 | 1 << 52) >> (k - (53 - e) - 1) | 1 for _ in range(1200)]
            far += hardest("exp", [as_double(gmpy2.log1p(mpfr(s * n) * 2.0**-e)) for n in some if n >> 1], 12)
    yield "exp 3: the same, the hardest of random ones in each binade from 2^-50 to 2^-26", hardest("exp", far, 500)
    whole = [*range(0, 40)] + [(1 << k) + d for k in range(6, 52) for d in (-2, -1, 0, 1)]
    small = [as_double(gmpy2.log((mpfr(m) + 0.5) * mpfr(2) ** -1074)) for m in whole]
    yield "exp 4: the inputs nearest to log of (M + 1/2) 2^-1074, small M and M near powers of two", hardest(
        "exp", [x for s in small[:20] for x in around(s, 1)] + small, 260
    )
    some = [random.bits() >> (12 + i % 51) for i in range(25_000)]
    some = [as_double(gmpy2.log((mpfr(m) + 0.5) * mpfr(2) ** -1074)) for m in some]
    yield "exp 5: the same, the hardest of random M", hardest("exp", some, 200)
    # Beyond (2 - 2^-53) 2^1023 results are infinite, from 2^-1075 down they are 0, below 2^-1022 subnormal.
    two = mpfr(2)
    edges = [gmpy2.log(e) for e in (two**1024 - two**970, two**1024, two**-1075, two**-1074, two**-1022)]
    edges.append(gmpy2.log(two**-1022 - two**-1075))
    more = [-746.0, 710.0, -708.0, 708.0, -1075 * math.log(2), -sys.float_info.max, sys.float_info.max]
    edges = [as_double(e) for e in edges] + more
    yield "exp 6: where results begin to be infinite, zero, subnormal", [x for e in edges for x in around(e, 8)]
    # exp(n ln2) is next to 2^n, where the ulp changes.
    places = [*range(-1074, 1024, 37), *range(-12, 13), -1022, -1023, 1023]
    some = [x for n in places if n for x in around(as_double(n * gmpy2.const_log2()), 1)]
    yield "exp 7: results next to a power of two", some
    some = []
    for _ in range(12_000):
        y = of_bits((1023 - 1010 + random.bits() % 2020) << 52 | random.bits() >> 12)
        some.append(as_double(gmpy2.log(middle(y))))
    yield "exp 8: log of middles, rounded, the hardest of random ones over the whole range", hardest("exp", some, 150)


def log_groups():
    random = Random(2)
    one = [x for x in around(1.0, 160) if x != 1.0]
    one += [1.0 + s * m * 2.0**-k for k in range(2, 53) for m in (1.0, 1.5, 1.75) for s in (1, -1)]
    some = set(one) - {1.0}
    yield "log 1: the neighbours of 1, and 1 and powers of two or 1.5 or 1.75 times them", hardest("log", some, 620)
    near = []
    for k in range(2, 53):
        for s in (1, -1):
            ys = [of_bits((1023 - k) << 52 | random.bits() >> 12) for _ in range(400)]
            xs = [as_double(gmpy2.exp(s * middle(y))) for y in ys]
            near += hardest("log", [x for x in xs if x != 1.0], 6)
    yield "log 2: exp of middles, rounded, the hardest of random ones in each binade of results down to 2^-52", hardest(
        "log", near, 500
    )
    some = []
    for _ in range(20_000):
        y = of_bits((1023 + random.bits() % 10) << 52 | random.bits() >> 12)
        if y < 709.0:
            some.append(as_double(gmpy2.exp((random.bits() % 2 * 2 - 1) * middle(y))))
    yield "log 3: the same for results from 1 to 709", hardest("log", some, 200)
    some = [of_bits(random.bits() >> (12 + i % 51)) for i in range(25_000)]
    yield "log 4: subnormal inputs, the hardest of random ones", hardest("log", [x for x in some if x], 200)
    places = [*range(-1074, 1024, 23), *range(-6, 7), -1074, -1073, -1072, -1023, -1022, -1021, 1022, 1023]
    some = [x for n in places for x in around(math.ldexp(1.0, n), 1) if x > 0 and x != 1.0]
    yield "log 5: powers of two and their neighbours", some + around(sys.float_info.max, 2)
    # log(exp(2^k)) is next to 2^k, where the ulp changes.
    some = [s * math.ldexp(1.0, k) for k in range(-51, 10) for s in (1, -1)]
    some = [x for y in some for x in around(as_double(gmpy2.exp(mpfr(y))), 1) if x != 1.0]
    yield "log 6: results next to a power of two", some


def published(path):
    """The groups of published inputs, as the file has them."""
    groups = []
    keep = False
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            keep = line.startswith("# published")
            if keep:
                groups.append((line[2:], []))
        elif keep and line.strip():
            groups[-1][1].append(of_bits(int(line.split()[0], 16)))
    return groups


def write(op, groups):
    path = HERE / f"f64-{op}.hard"
    seen = set()
    lines = [EXPLAINED[op].rstrip("\n")]
    for name, xs in published(path) + list(groups):
        lines.append(f"# {name}")
        for x in xs:
            if x not in seen:
                seen.add(x)
                lines.append(f"{bits_of(x):016x} {rounded(FUNCTIONS[op](mpfr(x))):016x}")
    path.write_text("\n".join(lines) + "\n")
    print(f"{path.name}: {len(seen)} cases, {path.stat().st_size} bytes; the hardest:")
    for x in hardest(op, seen, 5):
        print(f"  {bits_of(x):016x} {x.hex()}: 2^-{hardness(op, x):.4f} ulp")


if __name__ == "__main__":
    write("exp", exp_groups())
    write("log", log_groups())
