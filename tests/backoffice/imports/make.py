"""Files that are no text."""

from __future__ import annotations

import io

from openpyxl import Workbook


def workbook(*sheets: str) -> bytes:
    """One contact on each sheet, named after it."""
    book = Workbook()
    book.remove(book.active)
    for name in sheets:
        sheet = book.create_sheet(name)
        sheet.append(["name", "phone", "sms_opt_in", "opted_at", "country"])
        sheet.append([f"On {name}", "4155550101", "Yes", "2026-01-05", "US"])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
