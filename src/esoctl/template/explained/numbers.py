"""Numbers: a line and an example for each function.

The examples are executed by a test, and the reference in docs is written from here.
"""

from typing import Final

ROWS: Final = {
    "add": ("The sum of whole numbers.", "{{ add 1 2 3 }}", "6"),
    "add1": ("One more.", "{{ add1 41 }}", "42"),
    "add1f": ("One more, with fractions.", "{{ add1f 1.5 }}", "2.5"),
    "addf": ("The sum with fractions.", "{{ addf 1.5 2 }}", "3.5"),
    "atoi": ("A text as a whole number; 0 when it is none.", '{{ atoi "5432" }}', "5432"),
    "biggest": ("Another name of max.", "{{ biggest 1 7 3 }}", "7"),
    "ceil": ("Rounds up.", "{{ ceil 1.2 }}", "2"),
    "div": ("Divides whole numbers; the rest is dropped.", "{{ div 7 2 }}", "3"),
    "divf": ("Divides with fractions.", "{{ divf 7 2 }}", "3.5"),
    "float64": ("A value as a number with fractions.", '{{ float64 "1.5" }}', "1.5"),
    "floor": ("Rounds down.", "{{ floor 1.8 }}", "1"),
    "int": ("A value as a whole number.", '{{ int "12" }} {{ int 1.9 }}', "12 1"),
    "int64": ("A value as a whole number of 64 bits.", '{{ int64 "9000000000" }}', "9000000000"),
    "max": ("The largest whole number.", "{{ max 1 7 3 }}", "7"),
    "maxf": ("The largest number.", "{{ maxf 1.5 0.5 }}", "1.5"),
    "min": ("The smallest whole number.", "{{ min 4 2 9 }}", "2"),
    "minf": ("The smallest number.", "{{ minf 1.5 0.5 }}", "0.5"),
    "mod": ("The rest of a division.", "{{ mod 7 3 }}", "1"),
    "mul": ("The product of whole numbers.", "{{ mul 2 3 4 }}", "24"),
    "mulf": ("The product with fractions.", "{{ mulf 1.5 2 }}", "3"),
    "round": ("Rounds to that many digits after the point.", "{{ round 3.14159 2 }}", "3.14"),
    "sub": ("The difference of whole numbers.", "{{ sub 10 3 }}", "7"),
    "subf": ("The difference with fractions; more numbers are taken off too.", "{{ subf 7.5 2 1 }}", "4.5"),
    "toDecimal": ("A text of octal digits as a number, for file modes.", '{{ toDecimal "0644" }}', "420"),
}
