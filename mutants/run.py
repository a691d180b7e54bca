#!/usr/bin/env python3
"""Flips bit 40 (bit 11 of an f32) of each constant of the kernels of exp and log in turn, and sees that it is noticed; but for
those of pairs/, which tests/pairs.rs tries on all inputs.

    mutants/run.py [FILE:CONSTANT ...]

Works on a copy in target/mutants. A mutant is caught by results (mutants/main.rs: all 2^32 results of f32, digests and hard
cases of f64) or by proofs/run; what neither notices must be in EQUIVALENT with the reason why no result changes. Fails if a
mutant is neither, or if an entry of EQUIVALENT is caught after all. Takes a quarter of an hour on two cores.
"""

import re
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPY = ROOT / "target" / "mutants"
FILES = {"exp.rs": "exp", "log.rs": "log", "exact/exp.rs": "exp", "exact/log.rs": "log", "exact/fixed.rs": "both", "fast/exp.rs": "exp", "fast/log.rs": "log"}
BIT = 40

PROVEN = "the proof holds for it as well, so that the rounding test still never passes a wrong result"
EQUIVALENT = {
    "exp.rs:WHOLE": "any multiple of 1/16 is added and taken away",
    "exp.rs:WHOLE_UNFUSED": "any multiple of 1/16 is added and taken away",
    "exp.rs:ABOVE": "both paths give the same bits where they meet (tests/agreement.rs)",
    "exp.rs:SIXTEENTHS": "any multiple of 4096 from 2^48 to 2^49 rounds to the same and leaves the same low bits",
    "exp.rs:WHOLES": "any whole number from 2^52 to 2^53 rounds to the same",
    "exp.rs:LN2_PIECES[2]": "k times the change is below 2^-79, far below the rounding of what it is added to",
    "exp.rs:POLY_F32[5]": "all 2^32 results are the same: r^6 times the change is below 2^-54",
    "log.rs:LOGS_F32[8]": "all 2^32 results are the same: zero becomes 2^-1034, which sums do not feel",
    "log.rs:POLY_F32[6]": "all 2^32 results are the same: r^7 times the change is below 2^-51 of the result",
    "exact/exp.rs:ERROR_SUBNORMAL": "sixteen times what two roundings of a low part below 2^-52 can lose: no rounding test turns",
    "exact/fixed.rs:TINY": "between the two, e^x is nearest to 1 as well",
    "fast/exp.rs:ABOVE": "both paths give the same bits where they meet (tests/agreement.rs)",
    "fast/log.rs:LN2_UNFUSED[1]": "2^-32 times e is below a hundredth of an ulp of e ln 2: results are within the bound",
    "fast/exp.rs:WHOLE_UNFUSED": "k is another where two are as good: results are within the bound",
}


def constants(text):
    """(name, index, start, end, replacement) of all constants: one number, or entries of a list."""
    for found in re.finditer(r"\b(?:const|static) ([A-Z0-9_]+): (.*?)\s=\s+(.*?);\n", text, re.S):
        name, kind, value = found.groups()
        begin = found.start(3)
        words = list(re.finditer(r"0x[0-9a-f_]+", value))
        short = "ShortTable" in kind or kind == "u32"
        if ("Table" in kind or "[f64" in kind) and words:
            for i, word in enumerate(words):
                bits = int(word[0].replace("_", ""), 16) ^ 1 << (BIT - 32 if short else BIT)
                yield name, i, begin + word.start(), begin + word.end(), hex(bits)
        elif kind == "f64" and (ratio := re.match(r"(\d+(?:\.\d+)?) / (\(1u\d+ << \d+\) as f64)$", value)):
            # Written likewise, so that the proofs can read it.
            [bits] = struct.unpack("<Q", struct.pack("<d", float(ratio[1])))
            [changed] = struct.unpack("<d", struct.pack("<Q", bits ^ 1 << BIT))
            yield name, None, begin, begin + len(value), f"{changed} / {ratio[2]}"
        elif (kind.startswith(("[f32", "Words"))) and words:
            for i, word in enumerate(words):
                bits = int(word[0].replace("_", ""), 16) ^ 1 << (BIT - 29)
                yield name, i, begin + word.start(), begin + word.end(), hex(bits)
        elif kind == "f32":
            yield name, None, begin, begin + len(value), f"f32::from_bits((({value}) as f32).to_bits() ^ (1 << {BIT - 29}))"
        elif kind == "f64":
            yield name, None, begin, begin + len(value), f"f64::from_bits((({value}) as f64).to_bits() ^ (1 << {BIT}))"
        elif kind == "u32":
            yield name, None, begin, begin + len(value), f"({value}) ^ (1 << {BIT - 32})"
        elif kind == "u64" and words:
            yield name, None, begin, begin + len(value), f"({value}) ^ (1 << {BIT})"


def quiet(command, **options):
    return subprocess.run(command, cwd=COPY, capture_output=True, text=True, **options)


def caught(op, file=""):
    """What notices the mutant in place, or None."""
    folder = file.split("/")[0]
    dtypes = {"exact": ["f64"], "fast": ["fast"]}.get(folder, ["f64", "f32"]) + (["fast"] if not file else [])
    built = quiet(["cargo", "build", "--release", "--quiet", "-p", "lanestack-mutants"])
    if built.returncode:
        return "does not compile: " + built.stderr.strip().splitlines()[0]
    for name in ["exp", "log"] if op == "both" else [op]:
        for dtype in dtypes:
            try:
                done = quiet(["target/release/lanestack-mutants", name, dtype], timeout=300)
            except subprocess.TimeoutExpired:
                return "does not end"
            if done.returncode:
                return (done.stdout or done.stderr).strip().splitlines()[0]
    proof = {"": "run", "exact/exp.rs": "exp_exact.py", "exact/log.rs": "log_exact.py"}.get(file, f"{op}.py")
    is_proved = folder != "fast" and (op != "both" or not file)
    proved = quiet([sys.executable, f"proofs/{proof}"]) if is_proved else built
    if proved.returncode:
        return "not proved: " + proved.stderr.strip().splitlines()[-1]
    return None


def main():
    wanted = sys.argv[1:]
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    for name in ["Cargo.toml", "Cargo.lock", "build.rs", "src", "kernels", "cli", "reference", "mutants", "tests", "benches", "examples", "peers", "proofs"]:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, COPY / name, ignore=shutil.ignore_patterns(".venv"))
        else:
            shutil.copy(source, COPY / name)
    if not wanted and (what := caught("both")):
        sys.exit(f"without any change: {what}")
    failed = total = 0
    for file, op in FILES.items():
        path = COPY / "kernels" / file
        text = path.read_text()
        for name, index, start, end, new in constants(text):
            key = f"{file}:{name}"
            if wanted and key not in wanted:
                continue
            label = key if index is None else f"{key}[{index}]"
            path.write_text(text[:start] + new + text[end:])
            began = time.time()
            what = caught(op, file)
            path.write_text(text)
            total += 1
            why = EQUIVALENT.get(label) or EQUIVALENT.get(key)
            if file in ("exact/exp.rs", "exact/log.rs"):
                why = why or PROVEN
            if what:
                verdict = f"caught: {what}"
            elif why:
                verdict = f"equivalent: {why}"
            else:
                verdict, failed = "NOT CAUGHT", failed + 1
            print(f"{label:32} {time.time() - began:5.1f} s  {verdict[:150]}", flush=True)
    print(f"{total} mutants, {failed} not caught")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
