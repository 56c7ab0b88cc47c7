"""Judges manifests offline, for ``esoctl check``: the schema of the definitions, then the rules of the controller.

``documents`` reads files, ``fields`` holds an object against its schema, ``hints`` says what was meant by a field that
does not exist, ``texts`` looks into templates and patterns, ``objects`` judges one object as a whole. Nothing here
talks to a cluster, and no text holds a value.
"""
