"""Why a whole file is refused."""


class Unreadable(Exception):
    """The file cannot be taken in at all.

    `what` is wrong, `where` it is (a line, a part of the file, or the file), and how to `mend` it: three
    plain sentences or fragments meant for the person who uploaded the file.
    """

    def __init__(self, what: str, where: str, mend: str) -> None:
        super().__init__(what, where, mend)  # positional, so that it survives pickling
        self.what = what
        self.where = where
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.what} ({self.where}). {self.mend}"
