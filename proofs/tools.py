"""What the proofs share: the kernels' constants, read from their sources, and calls of Sollya and Gappa."""

import math
import re
import struct
import subprocess
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

KERNELS = Path(__file__).resolve().parent.parent / "kernels"


# Constants that the language names, rounded to f64.
NAMED = {"LN_2": float.fromhex("0x1.62e42fefa39efp-1"), "LOG2_E": float.fromhex("0x1.71547652b82fep+0")}


class Unproven(Exception):
    """A step of a proof does not hold."""


def number(bits):
    return Fraction(struct.unpack("<d", struct.pack("<Q", bits % 2**64))[0])


class Source:
    """The constants of one kernel file."""

    def __init__(self, name):
        self.name = name
        self.text = (KERNELS / name).read_text()

    def bits(self, constant):
        """The hexadecimal digits of a constant's value, a list of whole numbers."""
        found = re.search(rf"\b(?:const|static) {constant}: [^;=]*?(?:; \d+\])?(?:<\d+>)? =\s+(.*?);\n", self.text, re.S)
        if not found:
            raise Unproven(f"{self.name} has no constant {constant}")
        if named := re.search(r"consts::(\w+)", found[1]):
            return [struct.unpack("<Q", struct.pack("<d", NAMED[named[1]]))[0]]
        return [int(digits.replace("_", ""), 16) for digits in re.findall(r"0x([0-9a-f_]+)", found[1])]

    def says(self, *steps):
        """The kernel must still do what is modelled, step by step."""
        text = " ".join(self.text.split())
        for step in steps:
            if step not in text:
                raise Unproven(f"{self.name} no longer says: {step}")

    def numbers(self, constant):
        return [number(bits) for bits in self.bits(constant)]

    def short(self, constant):
        """Numbers of which the high words are written."""
        return [number(word << 32) for word in self.bits(constant)]

    def power_of_two(self, constant):
        """A constant written as `a / (1u64 << n) as f64` or with u128."""
        found = re.search(rf"\bconst {constant}: f64 = ([0-9.]+) / \(1u\d+ << (\d+)\) as f64;", self.text)
        if not found:
            raise Unproven(f"{self.name} has no constant {constant} of the form a / 2^n")
        return Fraction(found[1]) / 2 ** int(found[2])

    def promise(self, field):
        """What `const F64` promises in ulp."""
        found = re.search(rf"const F64: Spec<f64> = Spec \{{[^}}]*?\b{field}: ([0-9.]+)", self.text)
        return Fraction(found[1])


def show(x):
    """A number as Gappa and Sollya read it, exactly."""
    x = Fraction(x)
    scale = x.denominator.bit_length() - 1
    if x.denominator != 1 << scale:
        raise ValueError(f"{x} is no binary fraction")
    return f"{x.numerator}b-{scale}" if scale else f"{x.numerator}"


def up(x, bits=30):
    """A binary fraction of some bits at or above a number from 0 on, and so near that it does not matter."""
    if x == 0:
        return Fraction(0)
    unit = Fraction(2) ** (math.floor(math.log2(x)) - bits)
    return math.ceil(x / unit) * unit


def log2(x):
    """The logarithm of a positive fraction, to look at."""
    return math.log2(x.numerator) - math.log2(x.denominator)


def sollya(script):
    done = subprocess.run(["sollya", "/dev/stdin"], input="prec = 300; verbosity = 1; display = dyadic;\n" + script + "\nquit;\n", capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if not line.startswith(("The precision", "Display mode", "The verbosity"))]
    if done.returncode or any("error" in line.lower() for line in lines):
        raise Unproven(f"Sollya: {done.stdout}{done.stderr}")
    return lines


def dyadic(text):
    """What Sollya prints of a number in its dyadic display."""
    m, _, e = text.strip().partition("b")
    return Fraction(m) * Fraction(2) ** int(e or 0)


def largest_error(polynomial, function, low, high):
    """A certified bound of |polynomial - function| on [low; high]; the polynomial is given by its coefficients."""
    terms = " + ".join(f"({c.numerator} / {c.denominator}) * x^{i}" for i, c in enumerate(polynomial))
    low, high = (f"({Fraction(v).numerator} / {Fraction(v).denominator})" for v in (low, high))
    [interval] = sollya(f"p = {terms}; f = {function}; I = [{low}; {high}]; r = supnorm(p, f, I, absolute, 2^-20); sup(r);")
    return dyadic(interval)


def value(expression):
    """The value of an expression, to 250 bits, as a fraction; what it misses is below 2^-240 of it."""
    [line] = sollya(f"round({expression}, 260, RN);")
    return dyadic(line)


def gappa(script):
    """The bound that Gappa proves for the one goal `... in ?` of a script, without a warning."""
    done = subprocess.run(["gappa"], input=script, capture_output=True, text=True)
    said = done.stdout + done.stderr
    found = re.search(r" in \[([^,{]+)(?: \{[^}]*\})?, ([^,{\]]+)", said)
    if done.returncode or "warning" in said.lower() or "error" in said.lower() or not found:
        raise Unproven(f"Gappa: {said.strip()}\n{script}")
    return max(abs(dyadic(found[1])), abs(dyadic(found[2])))


def horner(poly, fused):
    """Lines of a script: q0 is the polynomial of r as it is computed, Q0 what it is without rounding."""
    lines = [f"c{i} = {show(c)};" for i, c in enumerate(poly)]
    q = Q = f"c{len(poly) - 1}"
    for i in reversed(range(len(poly) - 1)):
        product = f"{q} * r" if fused else f"rnd({q} * r)"
        lines += [f"q{i} = rnd({product} + c{i});", f"Q{i} = {Q} * r + c{i};"]
        q, Q = f"q{i}", f"Q{i}"
    return lines


def in_parallel(work, items):
    with ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(work, items))
