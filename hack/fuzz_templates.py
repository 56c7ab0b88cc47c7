"""Renders random templates for a while; any exception but TemplateError, or a render of more than a second, is shown.

    nice -n 19 python hack/fuzz_templates.py [SECONDS] [SEED]

Half the templates are drawn from the grammar of the oracle, half of these with characters changed; the rest call any
function with any values. A second of processor time counts, so that a busy machine does not matter.
"""

import hashlib
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "oracle"))

from grammar import Grammar

from esoctl.errors import TemplateError
from esoctl.template import engine
from esoctl.template.funcs.table import FUNCTIONS

NAMES = sorted(name for name, each in FUNCTIONS.items() if not each.heavy)
VALUES = ('"a"', '""', "nil", "0", "-1", "9223372036854775807", "1e308", ".a", ".b", ".", "(list 1 nil)", "true", "now")
VALUES += ('(dict "k" (list 1))', "1i", "'x'", '(repeat 100000 "ab")', "(until 10000)", '"[0-9]+"', "(fromJson .a)")
VALUES += ('(repeat 2000000 "<")', '(repeat 500000 "é\\"\\n")')
MARKS = "{}()|.$:=,\"`'%-/*\n \\0é"
ENV = engine.Env(entropy=lambda size: hashlib.shake_128(b"fuzz").digest(size))


def drawn(seed: int) -> tuple[str, dict[str, bytes]]:
    """A template and its data."""
    draw = random.Random(seed)
    data = {"a": draw.randbytes(draw.randint(0, 40)), "b": draw.choice((b"", b"x: [1, {y: z}]", b'{"a":[1]}'))}
    if draw.random() < 0.5:
        calls = (f"{draw.choice(NAMES)} {' '.join(draw.choices(VALUES, k=draw.randint(0, 4)))}" for _ in range(2))
        return f"{{{{ {' | '.join(calls)} }}}}", data
    source = Grammar(random.Random(seed)).case().template
    if draw.random() < 0.5:
        at = draw.randrange(len(source))
        source = source[:at] + draw.choice(MARKS) + source[at + draw.randint(0, 2) :]
    return source, data


def main(seconds: float, seed: int) -> int:
    """The number of findings."""
    began, found, slowest, tried = time.monotonic(), 0, 0.0, 0
    while time.monotonic() - began < seconds:
        source, data = drawn(seed + tried)
        tried += 1
        started = time.process_time()
        try:
            engine.render(source, data, ENV)
        except TemplateError:
            pass
        except BaseException as error:
            found += 1
            print(f"seed {seed + tried - 1}: {type(error).__name__}: {error}: {source!r}", flush=True)
        took = time.process_time() - started
        if took > 1:
            found += 1
            print(f"seed {seed + tried - 1}: {took:.1f} s: {source!r}", flush=True)
        slowest = max(slowest, took)
    print(f"{tried} templates in {time.monotonic() - began:.0f} s, slowest {slowest:.2f} s, findings: {found}")
    return found


if __name__ == "__main__":
    arguments = [float(each) for each in sys.argv[1:]]
    sys.exit(1 if main(*(arguments or [600.0])[:1], int(arguments[1]) if len(arguments) > 1 else 0) else 0)
