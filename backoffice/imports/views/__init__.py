"""The import wizard and the pages of batches, inside the admin's frame.

lists   all batches                          upload  a new file, and what to do with a known one
steps   format, columns, preview, confirm    result  one batch: progress, outcome, rows, files, voiding
"""
