"""Choices, types and dates: a line and an example for each function.

The examples are executed by a test, and the reference in docs is written from here.
"""

from typing import Final

ROWS: Final = {
    "ago": ("How long ago a time was.", '{{ toDate "2006-01-02 15:04" "2024-02-29 12:00" | ago }}', "30m5s"),
    "all": ("Whether no value is empty.", '{{ all 1 "a" "" }}', "false"),
    "and": ("The first empty argument, or else the last one.", '{{ and true "yes" }}', "yes"),
    "any": ("Whether some value is not empty.", '{{ any 0 "" "a" }}', "true"),
    "call": (
        "Calls a function that is a value; the functions here are called by name instead.",
        "{{ if false }}{{ call .f 1 }}{{ end }}nothing to call",
        "nothing to call",
    ),
    "coalesce": ("The first value that is not empty.", '{{ coalesce "" nil "backup" }}', "backup"),
    "date": (
        "A time in a layout: how 2 January 2006, 15:04:05 would be written.",
        '{{ date "2006-01-02" now }}',
        "2024-02-29",
    ),
    "date_in_zone": ("The old name of dateInZone.", '{{ date_in_zone "15:04" now "UTC" }}', "12:30"),
    "date_modify": ("The old name of dateModify.", '{{ now | date_modify "24h" | date "02.01.2006" }}', "01.03.2024"),
    "dateInZone": ("A time in a layout and a time zone.", '{{ dateInZone "15:04 MST" now "Asia/Tokyo" }}', "21:30 JST"),
    "dateModify": ("A time moved by a duration.", '{{ now | dateModify "-36h" | date "2006-01-02" }}', "2024-02-28"),
    "deepEqual": (
        "Whether two values are the same in type and content.",
        "{{ deepEqual (list 1 2) (list 1 2) }}",
        "true",
    ),
    "default": (
        "The first value when the second is empty. A key that is absent fails before: ask with index.",
        '{{ index . "port" | default "5432" }}',
        "5432",
    ),
    "duration": ("Seconds, as a text, as a duration.", '{{ duration "95" }}', "1m35s"),
    "durationRound": ("A duration by its largest unit.", '{{ durationRound "49h30m" }}', "2d"),
    "eq": ("Whether the first value equals one of the others.", '{{ eq "prod" "dev" "prod" }}', "true"),
    "fail": (
        "Ends the rendering with a message of your own.",
        '{{ if false }}{{ fail "no password" }}{{ end }}fine',
        "fine",
    ),
    "ge": ("Whether the first is greater or equal.", "{{ ge 2 2 }}", "true"),
    "gt": ("Whether the first is greater.", "{{ gt 3 2 }}", "true"),
    "htmlDate": ("A time as date pickers want it.", "{{ htmlDate now }}", "2024-02-29"),
    "htmlDateInZone": ("Like htmlDate, in a time zone.", '{{ htmlDateInZone now "UTC" }}', "2024-02-29"),
    "kindIs": ("Whether a value is of a kind.", '{{ kindIs "map" dict }}', "true"),
    "kindOf": ("The kind of a value.", "{{ kindOf (list 1) }}", "slice"),
    "le": ("Whether the first is less or equal.", "{{ le 1 2 }}", "true"),
    "lt": ("Whether the first is less.", '{{ lt "a" "b" }}', "true"),
    "must_date_modify": (
        "The old name of mustDateModify.",
        '{{ now | must_date_modify "1m" | date "15:04" }}',
        "12:31",
    ),
    "mustDateModify": (
        "Like dateModify; a bad duration fails with an error.",
        '{{ now | mustDateModify "1h" | date "15:04" }}',
        "13:30",
    ),
    "mustToDate": (
        "Like toDate; a text that does not fit fails with an error.",
        '{{ mustToDate "2006-01-02" "2024-12-31" | unixEpoch }}',
        "1735603200",
    ),
    "ne": ("Whether two values differ.", "{{ ne 1 2 }}", "true"),
    "not": ("Whether a value is empty.", '{{ not "" }}', "true"),
    "now": ("The time of rendering.", "{{ now.Year }}", "2024"),
    "or": ("The first argument that is not empty, or else the last one.", '{{ or "" "fallback" }}', "fallback"),
    "ternary": ("The first value for true, the second for false.", '{{ ternary "on" "off" true }}', "on"),
    "toDate": ("A text read by a layout as a time.", '{{ (toDate "2006-01-02" "2024-12-31").YearDay }}', "366"),
    "typeIs": ("Whether a value is of a Go type.", '{{ typeIs "string" "a" }}', "true"),
    "typeIsLike": ("Whether a value is of a Go type or points to one.", '{{ typeIsLike "int" 1 }}', "true"),
    "typeOf": ("The Go type of a value.", "{{ typeOf (list 1) }}", "[]interface {}"),
    "unixEpoch": ("Seconds since 1970.", "{{ unixEpoch now }}", "1709209805"),
}
