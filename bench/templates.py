"""Measures typical templates: parse, render from cache, and Go's engine in the same run.

    python bench/templates.py
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "hack/oracle"))

import ask

from esoctl.template import engine, parser
from esoctl.template.funcs.table import FUNCTIONS

TIMES = 1000
ROUNDS = 7
DOCKER = """\
{
  "auths": {
    "{{ .registry }}": {
      "username": {{ .user | toJson }},
      "password": {{ .password | toJson }},
      {{- if .email }}
      "email": {{ .email | toJson }},
      {{- end }}
      "auth": "{{ printf "%s:%s" .user .password | b64enc }}"
    }
  }
}
"""
INI = """\
[database]
host = {{ .host }}
port = {{ .port | default "5432" }}
user = {{ .user | quote }}
password = {{ .password | quote }}
{{- if eq .port "5432" }}
ssl = on
{{- end }}
[hosts]
{{- range $i, $host := splitList "," .host }}
host{{ $i }} = {{ $host | trim | lower }}
{{- end }}
"""
DATA = {
    "registry": "registry.example", "user": "ivy", "password": 'p@"ss', "email": "ivy@a.example",
    "host": "a.example, B.example", "port": "5432",
}


def best(call, times):
    """Nanoseconds a call, the best of some rounds, so that what else runs counts little."""
    found = []
    for _ in range(ROUNDS):
        began = time.perf_counter_ns()
        for _ in range(times):
            call()
        found.append((time.perf_counter_ns() - began) / times)
    return min(found)


def main():
    env = engine.Env(name="tpl")
    data = {name: text.encode() for name, text in DATA.items()}
    with tempfile.TemporaryDirectory() as folder:
        program = ask.build(Path(folder))
        cases = [ask.Case(DOCKER, DATA), ask.Case(INI, DATA)]
        runs = [list(ask.ask(program, cases, "-bench", str(TIMES))) for _ in range(ROUNDS)]
    print("| template | render | parse | Go render | Go parse | render, as a ratio |")
    print("|---|---|---|---|---|---|")
    for index, (name, source) in enumerate((("dockerconfigjson", DOCKER), ("ini", INI))):
        render = best(lambda: engine.render(source, data, env), TIMES) / 1000
        parse = best(lambda: parser.parse("tpl", source, env.delimiters, FUNCTIONS), 50) / 1000
        go_render, go_parse = (min(run[index][key] for run in runs) / 1000 for key in ("render_ns", "parse_ns"))
        print(f"| {name} | {render:.0f} µs | {parse:.0f} µs | {go_render:.1f} µs | {go_parse:.0f} µs | {render / go_render:.0f} |")


main()
