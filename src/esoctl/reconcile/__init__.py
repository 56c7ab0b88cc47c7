"""The order of things: observe, decide, fetch, plan, carry out, report. The rules are in ``plan``."""
