"""Files: bytes to rows, rows to safe bytes. No Django, no database.

container   what a file is by its content; whether a workbook is safe to open
lines       bytes to physical lines, decoded in blocks
sniff       lines to a Dialect (encoding, delimiter, header), every guess open to correction
rows        lines and a Dialect to numbered rows, each either data, no data, or a problem
workbook    a workbook's sheet to a CSV file, parsed in a process of its own (sheet)
export      rows to CSV and XLSX that no spreadsheet will run
"""
