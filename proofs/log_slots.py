"""The slots of log: which mantissas each serves, its c, and between what r = m c - 1 lies; and that r is exact."""

from dataclasses import dataclass
from fractions import Fraction

from tools import Source, Unproven, number


@dataclass
class Slot:
    m_low: Fraction
    m_high: Fraction
    c: Fraction
    r_low: Fraction
    r_high: Fraction


def slots(source):
    least = source.bits("LEAST")[0] << 32
    found = []
    for j, c in enumerate(source.short("RECIPROCALS")):
        low, high = number(least + (j << 48)), number(least + ((j + 1) << 48))
        # m is a multiple of 2^-53 below 1 and of 2^-52 above: m c - 1 must have 53 bits.
        for a, b, ulp in ((low, min(high, Fraction(1)), Fraction(1, 2**53)), (max(low, Fraction(1)), high, Fraction(1, 2**52))):
            if a < b and max(abs(a * c - 1), abs(b * c - 1)) > ulp / c.denominator * 2**53:
                raise Unproven(f"slot {j}: r is not exact")
        if c.numerator.bit_length() > 26:
            raise Unproven(f"slot {j}: c is too long for exact products with half a mantissa")
        found.append(Slot(low, high, c, low * c - 1, high * c - 1))
    return found
