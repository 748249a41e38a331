"""The rules against history: what they would have held of what was sent, and which failures no rule would have held.

log → sends (alike ones together) → findings → tally: per rule what it would have prevented, and what it would have cost
"""
