"""Logs of providers: sends become attempts and reports about them, replies become evidence about consent.

targets  what a column can feed     plan   a mapping made ready for one file
read     one row, no database       store  a chunk of sends, set-based
"""

from errors.intake.importer import LogImporter

__all__ = ["LogImporter"]
