"""How long a render in a thread keeps the event loop waiting, for calls that handle megabytes at once.

  template_lag.py

Prints the longest wait of the loop and the processor time for each call; at most 100 ms of waiting is promised.
"""
import asyncio
import hashlib
import time
from concurrent.futures import ThreadPoolExecutor

from esoctl.errors import TemplateError
from esoctl.template import engine

ENV = engine.Env(entropy=lambda size: hashlib.shake_128(b"bench").digest(size))
CALLS = (
    'toJson (repeat 6000000 "<")', 'toRawJson (repeat 6000000 "\\"")', 'regexQuoteMeta (repeat 6000000 "+")',
    'durationRound (repeat 6000000 "\\"")', 'printf "%q" (repeat 6000000 "\\"")', 'upper (repeat 10000000 "a")',
    'sortAlpha (splitList "a" (repeat 190000 "ba"))', 'fromJson (print "[" (repeat 400000 "1,") "1]")',
    'indent 4 (repeat 3000000 "\\n")', 'trimAll "a" (repeat 10000000 "a")', 'sha512sum (repeat 30000000 "a")',
    'toYaml (splitList "a" (repeat 90000 "ba"))', 'regexReplaceAll "a" (repeat 150000 "a") "b"',
)


def rendered(call: str) -> str:
    try:
        engine.render(f"{{{{ $x := {call} }}}}", {}, ENV)
    except TemplateError as error:
        return str(error).rpartition(": ")[2]
    return "rendered"


async def main() -> None:
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as threads:
        for call in CALLS:
            began, longest = time.process_time(), 0.0
            work = loop.run_in_executor(threads, rendered, call)
            while not work.done():
                before = time.monotonic()
                await asyncio.sleep(0.001)
                longest = max(longest, time.monotonic() - before)
            print(f"{longest * 1000:5.0f} ms  {time.process_time() - began:5.2f} s  {call}: {work.result()}")


asyncio.run(main())
