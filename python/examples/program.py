"""What the programs take from the command line: `n`, the size of the matrix, and `library`, whose functions they call."""

import argparse
import importlib

_parser = argparse.ArgumentParser()
_parser.add_argument("n", type=int, nargs="?", default=8000, help="rows, and columns, of the matrix (default: 8000)")
_library = _parser.add_mutually_exclusive_group()
_library.add_argument("--lanestack", dest="library", action="store_const", const="lanestack", help="the default")
_library.add_argument("--numpy", dest="library", action="store_const", const="numpy")
_parser.set_defaults(library="lanestack")
_arguments = _parser.parse_args()
if _arguments.n < 2:
    _parser.error("n must be at least 2")

n = _arguments.n
library = importlib.import_module(_arguments.library)
