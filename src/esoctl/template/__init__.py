"""Go's text/template in Python, with the reference's functions: pure, bounded, and usable by itself.

A source is cut into tokens (lexer), made into a tree (parser, nodes) and walked (evaluate, expressions) over values
that keep Go's types (govalues) and print as in Go (printf, verbs). Functions are in funcs; nothing there can reach a
file, the network, the environment or the clock. The façade is engine.
"""
