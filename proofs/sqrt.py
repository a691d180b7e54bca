"""sqrt in Newton's form: correctly rounded, whatever the estimate of 1/√x is, if only it keeps its bound.

Take 1 <= x < 4, s = √x in [1, 2), u the ulp of s; powers of 4 change nothing, no step being subnormal (checked below). Let P be
g + g q before it is rounded, and 1/(2 s) (1 + η) what h becomes.

1. |P - s| < 3/4 u and |η| <= E (`reached`). g = s t (1 + γ) for t = y s; with w = t² (1 + γ) it is P = s √(1 + γ) √w (1 + q) and
   2 s (h + h q) = √w / √(1 + γ) (1 + q), where √w (1 + q) is 1 but for the error of q, which Sollya and Gappa bound at
   r = (1 - w) / 2.
2. Let M = N u/2, N odd, be the middle of two numbers nearest to s. x = X u² for whole X, and s is on the side of M that
   J = 4 X - N² has the sign of; J = 0 is impossible, N² being odd. The result is RN(Z), Z = g + d h with d = RN(x - g²), where s would be
   g + (x - g²) / (g + s): Z misses s by less than 2^-(p-4) u (`far`). Hence RN(Z) is right unless M is as near to s.
3. If it is, then g, of which P is within 3/4 u of M, is M - u/2 or M + u/2 (below 1 numbers are denser, but P > 1 - u/4 if M > 1). So x - g² is a
   whole number of u², less than 2^(p+1) of them, and d misses at most one. By algebra, 8 s (Z - M) / u² differs from (J - 1)(1 + η) by 4 s |η| / u
   at most, 4 (1 + η) for what d misses, and 4 `far` (1 + η). The sign is right unless |J - 1| is no more than that.
4. J is odd, and 4 X a multiple of 2^(p+1) if x < 2, else of 2^(p+2). That leaves few x for each J, and each is tried with every estimate of as many
   bits as the isa promises.
"""

from fractions import Fraction
from math import isqrt

from tools import Source, Unproven, gappa, horner, largest_error, show, up


def ilog2(x):
    """The whole number below the logarithm of a positive fraction, or equal."""
    n = x.numerator.bit_length() - x.denominator.bit_length()
    return n if x >= Fraction(2) ** n else n - 1


def rounded(x, p):
    """The nearest number of p bits, the even one of two."""
    if x == 0:
        return x
    unit = Fraction(2) ** (ilog2(abs(x)) - p + 1)
    return round(x / unit) * unit


def newton(x, y, poly, p):
    """The kernel's steps."""
    h = y / 2
    g = rounded(x * y, p)
    r = rounded(Fraction(1, 2) - g * h, p)
    q = poly[-1] if poly else r
    for c in reversed(poly[:-1]):
        q = rounded(q * r + c, p)
    g, h = rounded(g * q + g, p), rounded(h * q + h, p)
    return rounded(rounded(x - g * g, p) * h + g, p)


def root(x, p):
    """The number of p bits nearest to √x, for 1 <= x < 4."""
    n = isqrt(int(x * 4 ** (p - 1)))
    return Fraction(n + (Fraction(2 * n + 1, 2) ** 2 < x * 4 ** (p - 1)), 2 ** (p - 1))


def roots(square, bits):
    """All odd N below 2^bits with N² = square modulo 2^bits."""
    found = [1] if square % 2 else []
    for n in range(1, bits):  # from modulo 2^n to 2^(n + 1)
        found = [m for k in found for m in (k, k + 2**n) if (m * m - square) % 2 ** (n + 1) == 0]
    return found


def left_open(p, most):
    """The x with |J - 1| <= most."""
    for j in range(-most + 1, most + 2):
        for least, zeros in ((1, p + 1), (2, p + 2)):  # 4 X is a multiple of 2^zeros
            for n in roots(-j % 2**zeros, zeros):
                for n in range(n, 2 ** (p + 1), 2**zeros):
                    x = Fraction(n * n + j, 4 ** p)
                    if least <= x < 2 * least:
                        yield x


def estimates(x, most, bits):
    """All y of so many bits with |y √x - 1| <= most."""
    unit = Fraction(1, 2 ** (bits + 1))  # y is between 1/4 and 2, and of fewer bits where it is 1/2 or more
    low, high = ((1 + sign * most) ** 2 / x for sign in (-1, 1))
    scale = unit.denominator**2
    for n in range(isqrt(int(low * scale)), isqrt(int(high * scale)) + 2):
        y = n * unit
        if low <= y * y <= high and rounded(y, bits) == y:
            yield y


def reached(p, poly, estimate):
    """Bounds of |P/s - 1| and |η|."""
    half_ulp = Fraction(1, 2**p)
    most = up((2 * estimate + estimate**2) / 2 + half_ulp)  # of |r|, below 2^-13
    missed = largest_error(poly or [0, 1], "1 / sqrt(1 - 2 * x) - 1", -most, most)
    # r is rounded by so much, and the slope of q is less than 2
    missed += 2 * half_ulp / 2**14
    if poly:
        script = ["@rnd = float<ieee_64, ne>;", "r = rnd(r_);"] + horner(poly, True)
        missed += gappa("\n".join(script) + f"\n{{ r_ in [{show(-most)}, {show(most)}] -> q0 - Q0 in ? }}\n")
    # √w < 1 + 2 |r|, and √(1 + γ) misses 1 by less than half an ulp, halved, and a little
    total = (1 + 2 * most) * missed + half_ulp / 2
    total += 2 * total**2
    return total, total + half_ulp * (1 + total)


def prove():
    source = Source("sqrt.rs")
    source.says(
        "let g = x * y; (g, g.neg_mul_add(h, half)) // 1/2 - g h",
        "let (g, h) = (g.mul_add(q, g), h.mul_add(q, h)); g.neg_mul_add(g, x).mul_add(h, g) // g + (x - g^2) h",
        "let h = y.sub_bits(y.splat(HALVED)); let (g, r) = reduce(x, y, h, x.splat(0.5)); finish(x, g, h, horner(r, &POLY))",
        "let h = y.sub_bits(y.splat(HALVED_F32)); let (g, r) = reduce(x, y, h, x.splat(0.5)); finish(x, g, h, r)",
        "const LEAST: f64 = f64::from_bits((1023 - 918) << 52);",
        "const LEAST_F32: f32 = f32::from_bits((127 - 80) << 23);",
    )
    Source("lanes.rs").says("with a relative error of at most 2^-14 + 2^-20 and 21 significant bits")
    estimate, bits = Fraction(1, 2**14) + Fraction(1, 2**20), 21
    for name, p, poly, least, normal in (("f64", 53, source.numbers("POLY"), -918, -1022), ("f32", 24, [], -80, -126)):
        if least % 2 or least - 2 * (p - 1) < normal:
            raise Unproven(f"sqrt {name}: x - g² may be subnormal")
        u = Fraction(2, 2**p)
        off, eta = reached(p, poly, estimate)
        if 2 * off >= Fraction(3, 4) * u:
            raise Unproven(f"sqrt {name}: the step before the last is off by {float(2 * off / u):.3f} ulp")
        # 2. |s - g| < 5/4 u, d is as much times 2 s, and 1 / (g + s) is 1 / (2 s) but for 5/8 u
        far = Fraction(5, 4) * (eta + u + Fraction(5, 4) * u) * (1 + eta)
        if far >= Fraction(16, 2**p):
            raise Unproven(f"sqrt {name}: what the last step misses")
        # 3. s < 2
        most = int((8 * eta / u + (4 + 4 * far) * (1 + eta)) / (1 - eta)) + 1
        tried = 0
        for x in left_open(p, most):
            for y in estimates(x, estimate, bits):
                tried += 1
                if newton(x, y, poly, p) != root(x, p):
                    raise Unproven(f"sqrt {name} of {float(x).hex()} from the estimate {float(y).hex()}")
        print(f"sqrt {name}: {float(2 * off / u):.3f} ulp before the last step; right, {tried} cases by trial")


if __name__ == "__main__":
    prove()
