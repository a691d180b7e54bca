"""log of the exact tier: the sum of two numbers misses ln x by less than |r^3| CUBIC + |ln x| WHOLE, fused or not.

x = 2^e m, and ln x = head + rest + ln(1 + r) for r = m c - 1, head = e LN2 + LOGS[j] and what ln 2 and ln c have beyond
these. Gappa bounds what is of the size of r^3; the rest is below 2^-80 of ln x and is added up here.
"""

from fractions import Fraction

from log_slots import slots
from tools import Source, Unproven, gappa, horner, largest_error, log2, show, up, value

HALF_ULP = Fraction(1, 2**53)


def cubic(low, high, poly, poly_error, fused):
    """A bound of |cube q(r) - r^3 Q(r)| / |r^3| for r in [low, high], the product rounded where not fused."""
    lines = ["@rnd = float<ieee_64, ne>;", "r = rnd(r_);"] + horner(poly, fused)
    lines += [
        "square = rnd(r * r);",
        "cube = rnd(square * r);",
        "term = cube * q0;" if fused else "term = rnd(cube * q0);",
        "r3 = r * r * r;",
        f"{{ r in [{low}, {high}] /\\ |dq| <= {show(up(poly_error))} -> (term - r3 * (Q0 + dq)) / r3 in ? }}",
        "(term - r3 * (Q0 + dq)) / r3 -> (term - cube * q0) / r3 + (cube - r3) / r3 * q0 + (q0 - Q0) - dq { r3 <> 0 };",
        "(term - cube * q0) / r3 -> (term - cube * q0) / (cube * q0) * q0 * (1 + (cube - r3) / r3) { r3 <> 0, cube <> 0, q0 <> 0 };"
        if not fused
        else "(term - cube * q0) / r3 -> 0 / r3 { r3 <> 0 };",
        "(cube - r3) / r3 -> (cube - square * r) / (square * r) * (1 + (square - r * r) / (r * r)) + (square - r * r) / (r * r) { r3 <> 0, square * r <> 0, r * r <> 0 };",
    ]
    return gappa("\n".join(lines) + "\n")


def prove():
    base, exact = Source("log.rs"), Source("exact/log.rs")
    exact.says(
        "let rest = e.mul_add(e.splat(LN2_REST), V::lookup16(&LOGS_REST, key)); let linear = head + r;"
        " let linear_low = (head - linear) + r; let (square, minus_square_low) = product(r, r);",
        "let high = square.neg_mul_add(half, linear); // head + r - r^2/2 let high_low = square.neg_mul_add(half, linear - high);",
        "let cube = square * r; let low = (linear_low + high_low) + minus_square_low.mul_add(half, rest);"
        " let low = cube.mul_add(horner(r, &POLY), low);",
        "let error = cube.abs().mul_add(cubic, high.abs() * m.splat(WHOLE)); [high + (low + error), high + (low - error)]",
    )
    poly, whole = exact.numbers("POLY"), exact.power_of_two("WHOLE")
    [ln2_head], [ln2_rest] = base.numbers("LN2"), base.numbers("LN2_REST")
    heads, rests = base.numbers("LOGS"), exact.numbers("LOGS_REST")
    ln2 = value("log(2)")
    all_slots = slots(base)
    r_most = max(max(abs(slot.r_low), abs(slot.r_high)) for slot in all_slots)
    # (ln(1 + r) - r + r^2/2) / r^3 as a series: what it leaves out is below 2^-150
    series = " + ".join(f"({'-' if n % 2 else ''}1) * x^{n} / {n + 3}" for n in range(32))
    poly_error = largest_error(poly, series, -r_most, r_most) + Fraction(1, 2**150)
    q_most = sum(abs(c) * r_most**i for i, c in enumerate(poly))

    # All but r^3 q, in units of |ln x|: the tails' and their sums' roundings and what the constants lack.
    beside = Fraction(0)
    for j, slot in enumerate(all_slots):
        lacks = abs(value(f"-log({slot.c.numerator} / {slot.c.denominator})") - heads[j] - rests[j])
        for e in [0, *(sign * n for n in range(1, 1077) for sign in (1, -1))]:
            if e == 0 and heads[j] == 0:
                if rests[j] != 0:
                    raise Unproven("the slot around 1 has a rest")
                # high is r (1 - r/2): low parts below 2^-53 |r| and 2^-53 r^2, each sum rounded
                worst = (6 * HALF_ULP**2 + 4 * HALF_ULP**2 * r_most) / (1 - r_most)
            else:
                r = max(abs(slot.r_low), abs(slot.r_high))
                head = abs(e * ln2_head + heads[j])
                least = head - r - r**2
                if head < r or least < r**2:
                    raise Unproven(f"slot {j}, e = {e}: the tails of head + r - r^2/2 may not be exact")
                rest = abs(e * ln2_rest + rests[j])
                lows = 2 * HALF_ULP * (head + 2 * r) + HALF_ULP * r**2 + rest
                lost = abs(e) * abs(ln2 - ln2_head - ln2_rest) + lacks
                worst = (lost + 3 * HALF_ULP * rest * (1 + HALF_ULP) + 5 * HALF_ULP * lows) / least
            beside = max(beside, worst)
    # The bound itself is computed with two roundings, of high and not of ln x.
    if beside * (1 + Fraction(1, 2**40)) > whole:
        raise Unproven(f"log f64 exact: beside r^3, 2^{log2(beside):.1f} of ln x may be missed")

    for fused, name in ((True, "CUBIC"), (False, "CUBIC_UNFUSED")):
        tested = exact.power_of_two(name)
        # r is a multiple of 2^-60, and nothing near an underflow.
        most, least = show(up(r_most)), "1b-60"
        sides = [(least, most), (f"-{most}", f"-{least}")]
        terms = max(cubic(low, high, poly, poly_error, fused) for low, high in sides)
        # The last sum, and the test's with the bound, are rounded by half an ulp of about r^3 q.
        found = terms + 2 * HALF_ULP * (q_most + tested) * (1 + Fraction(1, 2**40))
        if found * (1 + Fraction(1, 2**40)) > tested:
            raise Unproven(f"log f64 exact: the sum may miss {float(found * 2**52):.3f} 2^-52 r^3, but is tested with {float(tested * 2**52):.3f}")
        print(
            f"log f64 exact{'' if fused else ', not fused'}: the sum misses ln x by less than {float(found * 2**52):.3f} 2^-52 |r^3|"
            f" + 2^{log2(beside):.1f} |ln x|, tested with {float(tested * 2**52):.3f} 2^-52 and 2^{log2(whole):.0f}"
        )


if __name__ == "__main__":
    prove()
