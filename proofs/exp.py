"""exp of the default tier: within the ulps that the kernel promises.

Write e^x = s e^R as in exp_exact.py. The result is s + s p rounded once, to half an ulp; what s + s p itself misses is added
to that, in ulps of 2^-52 (2^-53 where the result is below 1: entry 0 with r < 0). n = 0 as there: no term of ordinary
arguments comes near the subnormal numbers.
"""

from fractions import Fraction

from exp_exact import check_reduction, factorial
from tools import Source, Unproven, gappa, horner, in_parallel, largest_error, number, show, up, value

# The nearest k/16, from 16 (x + 1021 ln2) log2(e): the sum misses 2^-38.5 by rounding and 2^-39 by that of 1021 ln2, the product
# 2^-38.5 by log2(e) and 2^-39 if it is rounded.
HALF_SIXTEENTH = Fraction(1, 2) + Fraction(1, 2**36)


def proof(low, high, lost, power, poly, poly_error, fused):
    """The Gappa script for one entry of the table: what s + s p misses."""
    return "\n".join(
        ["@rnd = float<ieee_64, ne>;", f"s = {show(power)};", "r = rnd(r_);"]
        + horner(poly, fused)
        + [
            "square = rnd(r * r);",
            "p = rnd(square * q0 + r);" if fused else "product = rnd(square * q0); p = rnd(product + r);",
            "sp = s * p;" if fused else "sp = rnd(s * p);",
            # e^r e^d for what the reduction lost, d, of which `rest` is left out
            "truth = s * (r + 1 + r * r * (Q0 + dq) + d * r + d + rest);",
            f"{{ r in [{show(low)}, {show(high)}] /\\ |dq| <= {show(up(poly_error))} /\\ |d| <= {show(up(lost))}",
            f"  /\\ |rest| <= {show(up(lost * max(abs(low), abs(high)) ** 2 + lost**2))} -> sp + s - truth in ? }}",
            "sp + s - truth -> (sp - s * p) + s * ("
            + ("(p - (square * q0 + r))" if fused else "(p - (product + r)) + (product - square * q0)")
            + " + (square - r * r) * q0 + r * r * (q0 - Q0) - r * r * dq - d - d * r - rest);",
        ]
    ) + "\n"


def prove():
    source = Source("exp.rs")
    source.says(
        "let z = shifted(x).mul_add(x.splat(LOG2_E), x.splat(SIXTEENTHS - whole_of::<V>())); let k = z - x.splat(SIXTEENTHS);",
        "k.neg_mul_add(x.splat(LN2), x) + k.neg_mul_add(x.splat(LN2_REST), correction)",
        "k.neg_mul_add(x.splat(b), k.neg_mul_add(x.splat(a), x)) + k.neg_mul_add(x.splat(c), correction)",
        "(z, (r * r).mul_add(horner(r, &POLY), r))",
        "let s = V::power(&POWERS, z); // 2^k s.mul_add(p, s)",
        "let high = unit + s; let low = (unit - high) + s; let subnormal = (high + s.mul_add(p, low)).sub_bits(unit);",
        "let y = V::pick(x.lt(x.splat(LEAST)), subnormal, normal);",
    )
    [least] = source.numbers("LEAST")
    if not value(f"exp({show(least - Fraction(1, 2**43))}) * 2^1022") < 1 < value(f"exp({show(least)}) * 2^1022"):
        raise Unproven(f"exp f64 default: {float(least)!r} is not the least with a normal result")
    poly = source.numbers("POLY")
    powers = [number(bits + (j << 48)) for j, bits in enumerate(source.bits("POWERS"))]
    corrections = source.short("CORRECTIONS") * 2
    ln2 = value("log(2)")
    lacks = [abs(value(f"{j} * log(2) / 16 - log({s.numerator} / {s.denominator})") - corrections[j]) for j, s in enumerate(powers)]
    k_most = 1076
    r_most = up(HALF_SIXTEENTH * ln2 / 16 + max(map(abs, corrections)) + Fraction(1, 2**50))
    # (e^r - 1 - r) / r^2 as a series: what it leaves out is below 2^-100
    series = " + ".join(f"x^{n} / {factorial(n + 2)}" for n in range(13))
    poly_error = largest_error(poly, series, -r_most, r_most) + Fraction(1, 2**100)
    for fused, field in ((True, "ulp"), (False, "ulp_unfused")):
        pieces = [source.numbers("LN2")[0], source.numbers("LN2_REST")[0]] if fused else source.numbers("LN2_PIECES")
        check_reduction(pieces, k_most, fused)
        # Below 2^-5, a sum is rounded by 2^-59: r is one, and where not fused so is its leading part.
        rest_most = max(map(abs, corrections)) + k_most * abs(pieces[-1])
        lost = k_most * abs(ln2 - sum(pieces)) + 4 * rest_most / 2**53 + Fraction(1 if fused else 2, 2**59)

        def in_ulps(item):
            j, low, high = item
            ulp = Fraction(1, 2**53 if j == 0 and high <= 0 else 2**52)
            return j, gappa(proof(low, high, lost + lacks[j], powers[j], poly, poly_error, fused)) / ulp

        # The results next to 1 may be on either side of it: what is missed there is so little that it does not matter.
        near = Fraction(1, 2**20)
        items = [(j, -r_most, r_most) for j in range(1, 16)] + [(0, -r_most, -near), (0, -near, 0), (0, -near, near), (0, near, r_most)]
        found = in_parallel(in_ulps, items)
        normal = max(missed for _, missed in found)
        # Subnormal results are unit + s + s p less unit, rounded twice: s p and the tail of unit + s, then to an ulp of
        # 2^-52 unit. Where unit is 1, the result is below 1 and s near 1 (entry 0); where it is 2 or more, s is below 2.
        tail = Fraction(1, 2**53) * (r_most * Fraction(51, 50) + Fraction(1, 2**51))
        subnormal = normal / 2 + tail * 2**52 * (1 if fused else 2)  # where not fused, the product is rounded, too
        total = Fraction(1, 2) + max(normal, subnormal)
        print(
            f"exp f64 default{'' if fused else ', not fused'}: {float(Fraction(1, 2) + normal):.4f} ulp,"
            f" {float(Fraction(1, 2) + subnormal):.4f} ulp where subnormal; promised {float(source.promise(field))}"
        )
        if total > source.promise(field):
            raise Unproven(f"exp f64 default: {float(total):.4f} ulp is more than promised")


if __name__ == "__main__":
    prove()
