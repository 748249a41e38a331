"""Data quality: numbers and campaigns that will fail, found before anything is sent to them.

numbers, records, sends → look → findings (raised, closed when no longer so) → suggestions for the owners of data
"""
