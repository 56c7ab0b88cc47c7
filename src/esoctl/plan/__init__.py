"""Verbs: the rules of esoctl as pure functions. Facts in, intentions out; no clock, no I/O, no logging."""
