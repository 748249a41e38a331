"""A change of the rules that can change a result raises their version: whatever older ones derived is weighed anew."""

import ast
import hashlib
from pathlib import Path
from typing import Any

from consent import ledger, rules

# Of the rules as they are now, without their words; written anew whenever they change.
VERSION = 4
DIGEST = "5458671ef6262d4f"
WORDS = ("explain.py", "words.py")  # they tell of results and make none
LEDGER = Path(ledger.__file__)


def test_no_rule_changes_unnoticed() -> None:
    found = _digest()
    assert (rules.RULES_VERSION, found) == (VERSION, DIGEST), (
        "The rules changed. Can any result now be another one than before? Then raise RULES_VERSION in "
        f"consent/rules/agreed.py, so that every number is weighed anew. Either way write VERSION and {found!r} here."
    )


def test_words_alone_change_nothing() -> None:
    one = 'def f():\n    """One."""\n    return 1  # one\n'
    assert _meaning(one) == _meaning("def f():\n\n    return (1)\n")
    assert _meaning(one) != _meaning("def f():\n    return 2\n")


def _digest() -> str:
    files = [file for file in Path(rules.__file__).parent.glob("*.py") if file.name not in WORDS]
    told = [f"{file.name} {_meaning(file.read_text('utf-8'))}" for file in (*sorted(files), LEDGER)]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def _meaning(source: str) -> str:
    """What the code does: without comments, docstrings and layout."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            del node.body[0]
    return repr(_plain(tree))


def _plain(part: Any) -> Any:
    """A syntax tree in which every Python writes the same source alike: newer ones have more fields, empty mostly."""
    if isinstance(part, list):
        return [_plain(each) for each in part]
    if not isinstance(part, ast.AST):
        return part
    told = [(name, _plain(value)) for name, value in ast.iter_fields(part) if value not in (None, [])]
    return type(part).__name__, told
