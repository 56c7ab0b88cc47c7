"""Durations as options take them: in Go's form, such as ``15s`` or ``1m30s``, or a plain number of seconds."""

import click

from esoctl.model import durations


class Duration(click.ParamType[float]):
    """Seconds as a float."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return float(value)
        text = str(value)
        try:
            return float(text) if text.replace(".", "", 1).isdigit() else durations.parse(text) / 1e9
        except ValueError as error:
            self.fail(str(error), param, ctx)
