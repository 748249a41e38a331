"""Starting the product on one machine: its processes, and private servers where none are given.

`processes` keeps one child alive, `servers` finds and runs Redis and PostgreSQL, `run` is the whole product.
Nothing here imports Django, so that the test runner can use it before any settings exist.
"""
