"""Addresses have one spelling: 12 names row 12; 012, 1_2 and ١٢ name nothing."""


class KeyConverter:
    """A primary key in a path. Nineteen digits are more than a 64-bit column holds."""

    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)
