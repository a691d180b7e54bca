"""log of the default tier: within the ulps that the kernel promises.

x = 2^e m, and ln x = head + r + r^2 Q(r) + rest for r = m c - 1, exactly, and head = e LN2 + LOGS[j], exactly. The result is
high + t rounded once, to half an ulp, where high and a low part are head + r without loss (Fast2Sum) and t is
r^2 q(r) plus the low part and the rest. What high + t itself misses is added, in ulps of the result: piece by piece of
r where e = 0, since there results are small, and once for each slot elsewhere.
"""

from fractions import Fraction

from log_slots import slots
from tools import Source, Unproven, gappa, horner, in_parallel, largest_error, show, up, value

HALF_ULP = Fraction(1, 2**53)
E_MOST = 1076
PIECES = 16  # of a slot, and of a binade in the slot around 1
NEAR = 12  # |r| < 2^-12 needs no Gappa


def proof(low, high, poly, poly_error, low_part, rest, rest_error, fused):
    """The Gappa script: what t misses, for a low part and a rest within these bounds."""
    return "\n".join(
        ["@rnd = float<ieee_64, ne>;", "r = rnd(r_); a = rnd(a_); b = rnd(b_);"]
        + horner(poly, fused)
        + [
            "square = rnd(r * r);",
            "low = rnd(a + b);",
            "product = square * q0;" if fused else "product = rnd(square * q0);",
            "t = rnd(product + low);",
            "truth = r * r * (Q0 + dq) + a + b + lost;",
            f"{{ r in [{show(low)}, {show(high)}] /\\ |dq| <= {show(up(poly_error))} /\\ |a| <= {show(up(low_part))}",
            f"  /\\ |b| <= {show(up(rest))} /\\ |lost| <= {show(up(rest_error))} -> t - truth in ? }}",
            "t - truth -> (t - (product + low)) + (product - square * q0) + (square - r * r) * q0 + r * r * (q0 - Q0)"
            " - r * r * dq + (low - (a + b)) - lost;",
        ]
    ) + "\n"


def ulp(x):
    """That of results from the positive number x on."""
    e = 0
    while Fraction(2) ** e > x:
        e -= 1
    while Fraction(2) ** (e + 1) <= x:
        e += 1
    return Fraction(2) ** (e - 52)


def cut_points(slot):
    """Values of r that part a slot at e = 0: evenly, and where results reach another binade, to 2^-100."""
    step = (slot.r_high - slot.r_low) / PIECES
    points = {slot.r_low + step * i for i in range(PIECES + 1)}
    for k in range(1, 8):
        for sign in (1, -1):
            r = value(f"({slot.c.numerator} / {slot.c.denominator}) * exp({sign} / 2^{k})") - 1
            r = Fraction(round(r * 2**100) + sign, 2**100)  # beyond the border, so that the larger results keep their ulp
            if slot.r_low < r < slot.r_high:
                points.add(r)
    return sorted(points)


def pieces_at_zero(slot, head):
    """Intervals of r with the ulp of the results there, for e = 0."""
    if head:
        points = cut_points(slot)
        for low, high in zip(points, points[1:]):
            ends = [abs(value(f"log(({(1 + r).numerator} / {(1 + r).denominator}) / ({slot.c.numerator} / {slot.c.denominator}))")) for r in (low, high)]
            yield low, high, ulp(min(ends))
        return
    # Around 1 results are as r, a little smaller above and a little larger below.
    for sign, most in ((1, slot.r_high), (-1, -slot.r_low)):
        points = {Fraction(1, 2**NEAR)}
        for k in range(5, NEAR + 1):
            points |= {Fraction(PIECES + i, PIECES) / 2**k for i in range(PIECES)}
            r = sign * (value(f"exp({sign} / 2^{k})") - 1)
            points.add(Fraction(int(r * 2**100) + (1 if sign > 0 else 0), 2**100))
        points = sorted(r for r in points if Fraction(1, 2**NEAR) <= r < most) + [most]
        for a, b in zip(points, points[1:]):
            least = abs(value(f"log(1 + ({sign} * ({a.numerator} / {a.denominator})))"))
            yield (a, b, ulp(least)) if sign > 0 else (-b, -a, ulp(least))


def prove():
    source = Source("log.rs")
    source.says(
        "let head = e.mul_add(e.splat(LN2 * V::UNIT), V::lookup16(&LOGS, key));",
        "let rest = e.mul_add(e.splat(LN2_REST * V::UNIT), V::lookup16_short(&LOGS_REST, key));",
        "let high = head + r; let low = ((head - high) + r) + rest; high + (r * r).mul_add(horner(r, &POLY), low)",
    )
    poly = source.numbers("POLY")
    [ln2_head], [ln2_rest] = source.numbers("LN2"), source.numbers("LN2_REST")
    heads, rests = source.numbers("LOGS"), source.short("LOGS_REST")
    ln2 = value("log(2)")
    if any((h * 2**42).denominator != 1 for h in [ln2_head, *heads]):
        raise Unproven("heads are no multiples of 2^-42: their sums may round")
    # (ln(1 + r) - r) / r^2 as a series: what it leaves out is below 2^-150
    series = " + ".join(f"({'' if n % 2 else '-'}1) * x^{n} / {n + 2}" for n in range(33))
    jobs, most_near = [], Fraction(0)
    for j, slot in enumerate(slots(source)):
        r_most = max(abs(slot.r_low), abs(slot.r_high))
        poly_error = largest_error(poly, series, slot.r_low, slot.r_high) + Fraction(1, 2**150)
        lacks = abs(value(f"-log({slot.c.numerator} / {slot.c.denominator})") - heads[j] - rests[j])
        at_zero = HALF_ULP * (abs(heads[j]) + r_most) if heads[j] else Fraction(0)
        if heads[j] == 0 and (slot.c != 1 or rests[j]):
            raise Unproven("the slot around 1 has a rest")
        if 0 < abs(heads[j]) < r_most:
            raise Unproven(f"slot {j}: the low part of head + r may not be exact")
        if ln2_head - max(map(abs, heads)) - r_most < Fraction(1, 4):
            raise Unproven("results may be below 1/4 where e <> 0")
        for low, high, unit in pieces_at_zero(slot, heads[j]):
            jobs.append((f"slot {j}, e = 0, r in [{float(low):.6f}, {float(high):.6f}]", unit, (low, high, poly, poly_error, at_zero, abs(rests[j]), lacks)))
        if heads[j] == 0:
            # t is r^2 q, of which q, square and t each miss half an ulp: below |r| / 2 ulps of r each; and the polynomial.
            r = Fraction(1, 2**NEAR)
            most_near = 2 * r + poly_error * r * 2**53
        high = (E_MOST + 1) * ln2_head
        rest = E_MOST * abs(ln2_rest) + abs(rests[j])
        lost = E_MOST * abs(ln2 - ln2_head - ln2_rest) + lacks + HALF_ULP * rest * 2
        jobs.append((f"slot {j}, e <> 0", ulp(Fraction(1, 4)), (slot.r_low, slot.r_high, poly, poly_error, HALF_ULP * high, rest, lost)))
    for fused, field in ((True, "ulp"), (False, "ulp_unfused")):
        missed = in_parallel(lambda job: (gappa(proof(*job[2], fused)) / job[1], job[0]), jobs)
        most, where = max(missed + [(most_near, "near 1")])
        total = Fraction(1, 2) + most
        print(f"log f64 default{'' if fused else ', not fused'}: {float(total):.4f} ulp ({where}); promised {float(source.promise(field))}")
        if total > source.promise(field):
            raise Unproven(f"log f64 default: {float(total):.4f} ulp is more than promised")


if __name__ == "__main__":
    prove()
