"""Values that are made here, from a generator's specification and nothing else but entropy."""
