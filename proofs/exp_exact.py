"""exp of the exact tier: the sum of two numbers misses e^x by less than ERROR, scaled, fused or not.

Write e^x = s e^R with s = 2^n POWERS[j], R = x - k ln2 + ln(2^(j/16) / POWERS[j]). Rounding errors scale with 2^n, since no
term of ordinary arguments comes near the subnormal numbers (those that x = 0 brings about are below 2^-1020): n = 0.
Lemmas that Gappa is given as equations: the tail of a product (by fused multiply-add, or Dekker's algorithm) is exact, and
so is that of a sum whose first term is the larger one (Fast2Sum).
"""

from fractions import Fraction

from tools import Source, Unproven, gappa, horner, in_parallel, largest_error, log2, number, show, up, value

HALF_SIXTEENTH = Fraction(1, 2) + Fraction(1, 2**38)  # the nearest k/16, by a product that misses 2^-41 at most


def proof(r_most, low_most, powers, poly, poly_error, rest_error, fused):
    """The Gappa script for one entry of the table."""
    fma = (lambda a, b, c: f"rnd({a} * {b} + {c})") if fused else (lambda a, b, c: f"rnd(rnd({a} * {b}) + {c})")
    lines = ["@rnd = float<ieee_64, ne>;", f"s = {show(powers)};", "r = rnd(r_); l = rnd(l_);"]
    lines += horner(poly, fused)
    lines += [
        "square = rnd(r * r);",
        "p = rnd(square * 0.5 + r);",
        "p_low = -(p - (square * 0.5 + r));  # exact",
        f"t1 = {fma('r', 'l', 'l')};",
        "t2 = rnd(t1 - (square - r * r) * 0.5);",
        "cube = rnd(square * r);",
        f"t3 = {fma('cube', 'q0', 't2')};",
        "low_p = rnd(p_low + t3);",
        "sp = rnd(s * p);",
        "high = rnd(s + sp);",
        "high_low = -(high - (s + sp));  # exact",
        "product = s * low_p;" if fused else "product = rnd(s * low_p);",
        "excess = rnd((sp - s * p) - product);",
        "low = rnd(high_low - excess);",
        # e^R = e^r e^(R - r), of which `rest` is what this leaves out
        "truth = s * (r + 1 + r * r * 0.5 + r * r * r * (Q0 + dq) + l * r + l + rest);",
        f"{{ |r| <= {show(up(r_most))} /\\ |l| <= {show(up(low_most))} /\\ |dq| <= {show(up(poly_error))} /\\ |rest| <= {show(up(rest_error))}",
        f"  -> |high + low - truth| in ? }}",
        "high + low - truth -> (low - (high_low - excess)) - (excess - ((sp - s * p) - product)) + (product - s * low_p)"
        " + s * ((low_p - (p_low + t3)) + (t3 - (cube * q0 + t2)) + (t2 - (t1 - (square - r * r) * 0.5)) + (t1 - (r * l + l))"
        " + (cube - r * r * r) * q0 + r * r * r * (q0 - Q0) - r * r * r * dq - rest);",
        "cube - r * r * r -> (cube - square * r) + (square - r * r) * r;",
    ]
    return "\n".join(lines) + "\n"


def prove():
    base, exact = Source("exp.rs"), Source("exact/exp.rs")
    tested = exact.power_of_two("ERROR")
    exact.says(
        "(k.neg_mul_add(x.splat(LN2), x), k.neg_mul_add(x.splat(LN2_REST), correction))",
        "let (first, second) = (k.neg_mul_add(x.splat(a), x), k * x.splat(b)); // exact let head = first - second;"
        " (head, ((first - head) - second) + k.neg_mul_add(x.splat(c), correction))",
        "let r = head + rest; let r_low = (head - r) + rest; let (square, minus_square_low) = product(r, r);",
        "let p = square.mul_add(half, r); // r + r^2/2 let p_low = square.mul_add(half, r - p);",
        "let rest = minus_square_low.neg_mul_add(half, r.mul_add(r_low, r_low));",
        "let rest = (square * r).mul_add(horner(r, &POLY), rest); (z, k, (p, p_low + rest))",
        "let (sp, minus_sp_low) = product(s, p); let high = s + sp;"
        " (high, ((s - high) + sp) - s.neg_mul_add(p_low, minus_sp_low))",
        "[s.mul_add(s.splat(ERROR), low), s.neg_mul_add(s.splat(ERROR), low)]",
    )
    poly = exact.numbers("POLY")
    powers = [(entry + (j << 48)) % 2**64 for j, entry in enumerate(base.bits("POWERS"))]
    powers = [number(bits) for bits in powers]
    corrections = exact.numbers("CORRECTIONS")
    ln2 = value("log(2)")
    true = [value(f"{j} * log(2) / 16 - log({p.numerator} / {p.denominator})") for j, p in enumerate(powers)]
    correction_error = max(abs(a - b) for a, b in zip(corrections, true))
    correction_most = max(map(abs, corrections))
    k_most = 1076
    r_most = HALF_SIXTEENTH * ln2 / 16 + correction_most + Fraction(1, 2**50)
    # (e^r - 1 - r - r^2/2) / r^3 as a series: what it leaves out is below 2^-100
    series = " + ".join(f"x^{n} / {factorial(n + 3)}" for n in range(12))
    poly_error = largest_error(poly, series, -r_most, r_most) + Fraction(1, 2**100)
    found = {}
    for fused in (True, False):
        pieces = [base.numbers("LN2")[0], base.numbers("LN2_REST")[0]] if fused else base.numbers("LN2_PIECES")
        check_reduction(pieces, k_most, fused)
        # What the reduction loses: ln 2 cut off, the correction's and the last pieces' roundings, the sums'.
        rest_most = correction_most + k_most * abs(pieces[-1]) + (0 if fused else Fraction(1, 2**57))
        reduction = k_most * abs(ln2 - sum(pieces)) + correction_error + 6 * rest_most / 2**53 + Fraction(1, 2**82)
        low_most = Fraction(1, 2**59) + 2 * rest_most / 2**53
        # e^(l + d) e^r - (1 + r + r^2/2 + r^3 Q + l r + l), for the low part l and the loss d of the reduction
        rest_error = low_most * (r_most**2) + low_most**2 + reduction * (1 + 2 * r_most)

        def bound(power):
            return gappa(proof(r_most, low_most, power, poly, poly_error, rest_error, fused)) / power

        found[fused] = max(in_parallel(bound, powers))
        # The test adds `tested` to the low part, which is below 2^-17: it is rounded by 2^-70 at most.
        if found[fused] + Fraction(1, 2**70) > tested:
            raise Unproven(f"exp f64 exact: the sum may miss 2^{log2(found[fused]):.2f}, but is tested with 2^{log2(tested):.2f}")
    print(f"exp f64 exact: the sum misses e^x by less than 2^{log2(found[True]):.2f} of s, 2^{log2(found[False]):.2f} where not fused")
    print(f"    tested with 2^{log2(tested):.0f}; polynomial 2^{log2(poly_error):.2f}")


def check_reduction(pieces, k_most, fused):
    """x - k ln2 is exact for the first piece of ln 2: that is a multiple of 2^-53, k one of 2^-4, and x one of 2^-57 where
    |x| >= 2^-5, so that the difference, below 2^-5, is a multiple of 2^-57 with 53 bits at most. Below 2^-5, |16 k| <= 1, and
    the same holds with 2^-58. Where not fused, the products with all pieces but the last must be exact besides."""
    if pieces[0].denominator > 2**53:
        raise Unproven("the first piece of ln 2 is too fine")
    for piece in pieces[:-1] if not fused else []:
        if piece.numerator.bit_length() + (16 * k_most).bit_length() > 53:
            raise Unproven(f"a product with {float(piece)} may round")


def factorial(n):
    return 1 if n < 2 else n * factorial(n - 1)


if __name__ == "__main__":
    prove()
