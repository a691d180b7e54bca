"""log of the exact tier: the sum of two numbers misses ln x by less than |r^3| CUBIC + |ln x| WHOLE, around 1
|r^3| CUBIC + |ln x| WHOLE_AROUND_1, and than r^2/2 SQUARE + LEAST, fused or not.

x = 2^e m, and ln x = head + rest + ln(1 + r) for r = m c - 1, head = e LN2 + LOGS[j] and what ln 2 and ln c have beyond
these. Gappa bounds what is of the size of r^3; the rest is below 2^-80 of ln x and is added up here.
"""

import math
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


def exact_tails(j, e, head, slot):
    """head - high, and then r to it, must lose nothing: high is head + r - r^2/2, rounded twice or three times.

    A difference is exact if the larger is at most twice the smaller (Sterbenz), or if it is a multiple of a unit and less than
    2^53 times that. Here the unit is 2^-42 or the ulp of the least high, and r is a multiple of 2^-59.
    """
    r = max(abs(slot.r_low), abs(slot.r_high))
    ends = sorted(abs(head + end - end**2 / 2) for end in (slot.r_low, slot.r_high))
    least, most = ends[0] * (1 - 4 * HALF_ULP), ends[1] * (1 + 4 * HALF_ULP)
    if (head + slot.r_low > 0) != (head + slot.r_high > 0):
        raise Unproven(f"slot {j}, e = {e}: the logarithm changes its sign")
    unit = min(Fraction(1, 2**42), Fraction(2) ** (math.floor(log2(least)) - 52))
    difference = r + r**2 / 2 + 4 * HALF_ULP * most
    if not (2 * least >= abs(head) and most <= 2 * abs(head)) and difference > unit * 2**53:
        raise Unproven(f"slot {j}, e = {e}: head - high may not be exact")
    if unit < Fraction(1, 2**59) or r**2 / 2 + 4 * HALF_ULP * most > Fraction(2**53, 2**59):
        raise Unproven(f"slot {j}, e = {e}: head - high + r may not be exact")


def prove():
    base, exact = Source("log.rs"), Source("exact/log.rs")
    exact.says(
        "let rest = e.mul_add(e.splat(LN2_REST * V::UNIT), V::lookup16(&LOGS_REST, key)); let minus_half = r * r.splat(-0.5);"
        " let half_square = minus_half * r; let high = minus_half.mul_add(r, head + r); // head + r - r^2/2"
        " let low = minus_half.mul_add(r, (head - high) + r); // both sums exact"
        " let rest = if V::Token::FUSED { rest } else { rest - product(minus_half, r).1 }; let cube = half_square * r;"
        " Sum { head, high, low: cube.mul_add(horner_loose(r, &POLY), low + rest), half_square, cube }",
        "let error = half_square.mul_add(square, x.splat(LEAST)); let (a, b) = (high + (low + error), high + (low - error));",
        "let whole = V::pick(head.eq(x.splat(0.0)), x.splat(WHOLE_AROUND_1), x.splat(WHOLE));"
        " let error = cube.abs().mul_add(cubic, high.abs() * whole); let (a, b) = (high + (low + error), high + (low - error));",
        "let square = x.splat(if V::Token::FUSED { -SQUARE } else { -SQUARE_UNFUSED });",
        "let cubic = x.splat(if V::Token::FUSED { 2.0 * CUBIC } else { 2.0 * CUBIC_UNFUSED });",
    )
    # The kernel's cube is -r^3/2 and its polynomial that of -2 times the coefficients: the same products, the same roundings.
    poly = [c / -2 for c in exact.numbers("POLY")]
    whole, least_tested = exact.power_of_two("WHOLE"), exact.power_of_two("LEAST")
    whole_around_1 = exact.power_of_two("WHOLE_AROUND_1")
    [ln2_head], [ln2_rest] = base.numbers("LN2"), base.numbers("LN2_REST")
    heads, rests = base.numbers("LOGS"), exact.numbers("LOGS_REST")
    ln2 = value("log(2)")
    all_slots = slots(base)
    r_most = max(max(abs(slot.r_low), abs(slot.r_high)) for slot in all_slots)
    # (ln(1 + r) - r + r^2/2) / r^3 as a series: what it leaves out is below 2^-150
    series = " + ".join(f"({'-' if n % 2 else ''}1) * x^{n} / {n + 3}" for n in range(32))
    poly_error = largest_error(poly, series, -r_most, r_most) + Fraction(1, 2**150)
    q_most = sum(abs(c) * r_most**i for i, c in enumerate(poly))

    # All but r^3 q: the tails' and their sums' roundings and what the constants lack, and the same in units of |ln x|.
    apart, beside, around_1 = Fraction(0), Fraction(0), None
    for j, slot in enumerate(all_slots):
        lacks = abs(value(f"-log({slot.c.numerator} / {slot.c.denominator})") - heads[j] - rests[j])
        r = max(abs(slot.r_low), abs(slot.r_high))
        for e in [0, *(sign * n for n in range(1, 1077) for sign in (1, -1))]:
            if e == 0 and heads[j] == 0:
                if rests[j] != 0:
                    raise Unproven("the slot around 1 has a rest")
                # head - high is exact, being -high; so is r - high, since high lies between r/2 and 2 r. Of low, of the size
                # of 2^-53 r, and of r^2/2 each rounding counts.
                lost = (4 * HALF_ULP**2 + 4 * HALF_ULP**2 * r) / (1 - r)
                apart, around_1 = max(apart, lost * r), lost
                continue
            head = abs(e * ln2_head + heads[j])
            if head == 0:
                raise Unproven(f"slot {j}, e = {e}: taken for the slot around 1")
            exact_tails(j, e, e * ln2_head + heads[j], slot)
            least = head - r - r**2
            rest = abs(e * ln2_rest + rests[j])
            # head + r - r^2/2 - high, of which the first sum and high were rounded, and r^2/2 if not fused
            lows = 2 * HALF_ULP * (head + 2 * r) + HALF_ULP * r**2
            lost = abs(e) * abs(ln2 - ln2_head - ln2_rest) + lacks
            lost += 3 * HALF_ULP * rest * (1 + HALF_ULP) + 5 * HALF_ULP * (lows + rest)
            apart, beside = max(apart, lost), max(beside, lost / least)
    # The bounds themselves are computed with a few roundings, of high and not of ln x.
    slack = 1 + Fraction(1, 2**40)
    if beside * slack > whole or apart * slack > least_tested:
        raise Unproven(f"log f64 exact: beside r^3, 2^{log2(beside):.1f} of ln x, or 2^{log2(apart):.1f}, may be missed")
    if around_1 * slack > whole_around_1:
        raise Unproven(f"log f64 exact: beside r^3, 2^{log2(around_1):.1f} of ln x may be missed around 1")

    for fused, name, coarse in ((True, "CUBIC", "SQUARE"), (False, "CUBIC_UNFUSED", "SQUARE_UNFUSED")):
        tested = exact.power_of_two(name)
        # r is a multiple of 2^-60, and nothing near an underflow.
        most, least = show(up(r_most)), "1b-60"
        sides = [(least, most), (f"-{most}", f"-{least}")]
        terms = max(cubic(low, high, poly, poly_error, fused) for low, high in sides)
        # The last sum, and the test's with the bound, are rounded by half an ulp of about r^3 q.
        found = terms + 2 * HALF_ULP * (q_most + tested) * (1 + Fraction(1, 2**40))
        if found * (1 + Fraction(1, 2**40)) > tested:
            raise Unproven(f"log f64 exact: the sum may miss {float(found * 2**52):.3f} 2^-52 r^3, but is tested with {float(tested * 2**52):.3f}")
        # r^3 CUBIC is below r^2/2 SQUARE.
        if 2 * r_most * tested * slack > exact.power_of_two(coarse):
            raise Unproven(f"log f64 exact: {coarse} is below {float(2 * r_most * tested * 2**52):.4f} 2^-52")
        print(
            f"log f64 exact{'' if fused else ', not fused'}: the sum misses ln x by less than {float(found * 2**52):.3f} 2^-52 |r^3|"
            f" + 2^{log2(beside):.1f} |ln x| (around 1 2^{log2(around_1):.1f}), tested with {float(tested * 2**52):.3f} 2^-52"
            f" and 2^{log2(whole):.0f} (2^{log2(whole_around_1):.0f}),"
            f" or than r^2/2 {coarse} + 2^{log2(apart):.1f}, tested with 2^{log2(least_tested):.0f}"
        )


if __name__ == "__main__":
    prove()
