"""Files about consent: columns → claims and events → readings and records.

targets  what a column can feed     plan   a mapping made ready for one file
read     one row, no database       store  a chunk of rows, set-based
"""

from consent.intake.importer import ConsentImporter

__all__ = ["ConsentImporter"]
