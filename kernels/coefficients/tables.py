"""Prints the tables of exp.rs (POWERS, CORRECTIONS) and log.rs (RECIPROCALS, LOGS, LOGS_REST), all of f64, and those of
exact/exp.rs (CORRECTIONS) and exact/log.rs (LOGS_REST), and those of fast/exp.rs, pairs/exp.rs and pairs/log.rs, of f32:

    python3 tables.py

The tables of f32 in the default tier were moved from such values by single ulps until all inputs round correctly; only the exhaustive test
can tell that they are right.
"""

import struct
from math import exp
from bisect import bisect
from decimal import Decimal, getcontext

getcontext().prec = 60
LN2 = Decimal(2).ln()


def bits(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]


def number(u):
    return struct.unpack("<d", struct.pack("<Q", u))[0]


def single(x):
    """The bits of the nearest f32."""
    return struct.unpack("<I", struct.pack("<f", x))[0]


def single_number(u):
    return struct.unpack("<f", struct.pack("<I", u))[0]


def short(x):
    """The nearest number whose low 32 bits are zero."""
    return number((bits(float(x)) + 0x8000_0000) & ~0xFFFF_FFFF)


def show(name, values, digits=16):
    print(name)
    for value in values:
        print("   ", f"0x{value >> (64 - 4 * digits):0{digits}x}")


def show_single(name, values):
    show(name, [value << 32 for value in values], 8)


def exp_tables():
    """For each pair j, j + 8, the two entries within 300 ulp of 2^(j/16) that miss it by the most similar factor, as near as
    can be to a short number: that number is the correction of both."""

    def candidates(j):
        middle = bits(float((LN2 * j / 16).exp()))
        entries = [number(middle + shift) for shift in range(-300, 301)]
        return sorted((LN2 * j / 16 - Decimal(entry).ln(), entry) for entry in entries if entry >= 1)

    powers, corrections = [0] * 16, []
    for j in range(8):
        others = candidates(j + 8)
        misses = [miss for miss, _ in others]
        best = None
        for miss, entry in candidates(j):
            near = bisect(misses, miss)
            for other_miss, other in others[max(near - 2, 0) : near + 2]:
                correction = short((miss + other_miss) / 2)
                error = max(abs(miss - Decimal(correction)), abs(other_miss - Decimal(correction)))
                if best is None or error < best[0]:
                    best = error, entry, other, correction
        _, powers[j], powers[j + 8], correction = best
        corrections.append(bits(correction))
    return [(bits(power) - (j << 48)) % 2**64 for j, power in enumerate(powers)], corrections


def fast_exp_center():
    """The c between 0 and 2^-8 for which all 2^(j/8) e^-c are nearest to numbers of 24 bits: by steps of 2^-29, then of 2^-42."""
    powers = [2 ** (23 + j / 8) for j in range(8)]

    def miss(c):
        """The largest distance, in ulps, or one that is too large."""
        factor, worst = exp(-c), 0.0
        for power in powers:
            value = power * factor if power * factor >= 2**23 else 2 * power * factor
            worst = max(worst, abs(value - round(value)))
            if worst > 0.1:
                break
        return worst

    near = min((k / 2**29 for k in range(2**21)), key=miss)
    return Decimal(min((near + k / 2**42 for k in range(-(2**13), 2**13)), key=miss))


def log_tables():
    """For each slot of mantissas, the short c that makes |m c - 1| least, exact where it matters, and -ln c in two parts."""
    least = 0x3FE7_8240 << 32
    reciprocals, heads, rests = [], [], []
    for j in range(16):
        low, high = number(least + (j << 48)), number(least + (j + 1 << 48))
        c = 1.0 if low < 1 < high else best_reciprocal(low, high)
        log = -Decimal(c).ln()
        head = (log * 2**42).to_integral_value() / 2**42
        reciprocals.append(bits(c))
        heads.append(bits(float(head)))
        rests.append(bits(short(log - head)))
    return reciprocals, heads, rests


def best_reciprocal(low, high):
    best = None
    for parts in (16, 32, 64, 128):
        for k in range(int(parts / high) - 1, int(parts / low) + 2):
            c = Decimal(k) / parts
            largest = max(abs(Decimal(low) * c - 1), abs(Decimal(high) * c - 1))
            odd = k & -k  # the powers of two that k and parts share do not lengthen the product
            ulp = Decimal(2) ** (-52 if low >= 1 else -53) * min(odd, parts) / parts
            if largest <= ulp * 2**53 and (best is None or largest < best[0]):
                best = largest, float(c)
    return best[1]


powers, corrections = exp_tables()
# What each entry misses, in full.
exact_corrections = [bits(float(LN2 * j / 16 - Decimal(number((power + (j << 48)) % 2**64)).ln())) for j, power in enumerate(powers)]
show("POWERS", powers)
show("CORRECTIONS", corrections, 8)
reciprocals, heads, rests = log_tables()
show("RECIPROCALS", reciprocals, 8)
show("LOGS", heads)
show("LOGS_REST", rests, 8)
show("exact CORRECTIONS", exact_corrections)
exact_rests = [bits(float(-Decimal(number(c)).ln() - Decimal(number(head)))) for c, head in zip(reciprocals, heads)]
show("exact LOGS_REST", exact_rests)

c = fast_exp_center()
show_single("fast POWERS", [single(float((LN2 * j / 8 - c).exp())) for j in range(8)])
show_single("fast CENTER", [single(float(c))])
# Times the nearest multiple of 512, c; besides, what ln 2 rounded is too large by.
lack = Decimal(single_number(single(float(LN2)))) - LN2
eighths = (c / lack / 512).to_integral_value() * 512
print("fast EIGHTHS", eighths)
show_single("fast LACK", [single(float(c / eighths))])

def pair_exp_tables(slots, larger):
    """2^(j/slots), and what each entry misses, with what makes the sum larger."""
    powers = [single(float((LN2 * j / slots).exp())) for j in range(slots)]
    misses = [LN2 * j / slots - Decimal(single_number(power)).ln() for j, power in enumerate(powers)]
    return powers, [single(float(miss + larger)) for miss in misses]


def pair_log_tables(c_of_slot, halved):
    """-ln c, in a multiple of 2^-17 and the rest, with ln 2 added where the mantissa is halved, but not the exponent raised."""
    head_of = lambda x: (x * 2**17).to_integral_value() / 2**17
    heads, rests = [], []
    for c, half in zip(c_of_slot, halved):
        head, more = head_of(-c.ln()), head_of(LN2)
        heads.append(single(float(head + more if half else head)))
        rests.append(single(float(-c.ln() - head + (LN2 - more if half else 0))))
    return [single(float(c)) for c in c_of_slot], heads, rests


def pair_reciprocal(low, high):
    """The multiple of 1/16, 1/32 or 1/64 that makes |m c - 1| least, and this exact; and 1 if m may be 1."""
    ulp = Decimal(2) ** (-23 if low >= 1 else -24)
    best = None
    for parts in (16, 32, 64):
        for k in range(parts // 2, 2 * parts):
            c = Decimal(k) / parts
            largest = max(abs(low * c - 1), abs(high * c - 1))
            exact = largest <= ulp * 2**24 * min(k & -k, parts) / parts
            if exact and (c == 1 or not low <= 1 <= high) and (best is None or largest < best[0]):
                best = largest, c
    return best[1]


for slots, larger in ((32, Decimal("1.2961") / 2**37), (16, Decimal("1.6278") / 2**35)):
    powers, corrections = pair_exp_tables(slots, larger)
    show_single(f"pairs POWERS, {slots}", powers)
    show_single(f"pairs CORRECTIONS, {slots}", corrections)
edges = [Decimal(32 + j) / 32 for j in range(33)]
halved = [low >= 1.5 for low in edges[:-1]]
fine = [pair_reciprocal(low / (1 + half), high / (1 + half)) for low, high, half in zip(edges, edges[1:], halved)]
edges = [Decimal(single_number(0x3F3C_1200 + (j << 19))) for j in range(17)]
coarse = [pair_reciprocal(low, high) for low, high in zip(edges, edges[1:])]
for slots, tables in ((32, pair_log_tables(fine, halved)), (16, pair_log_tables(coarse, 16 * [False]))):
    for name, table in zip(("RECIPROCALS", "LOGS", "LOGS_REST"), tables):
        show_single(f"pairs {name}, {slots}", table)
