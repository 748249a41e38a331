"""The way in for other systems: JSON over HTTP under /api/v1/, let in by a token and by nothing else.

A room writes an endpoint as a function of a Call and puts it into its own `api/urls.py`:

    @endpoint("POST", scope=Scope.PREFLIGHT, body=Message, answer=Checked, summary="Check a message")
    def preflight(call: Call[Message]) -> Checked:
        return Checked(...)

`body` and `answer` are pydantic models (body models inherit Strict); the description at /api/v1/openapi.json is made
of them. What is wrong with a request is raised as a Problem and answered as application/problem+json.
"""

from backoffice.api.body import Strict
from backoffice.api.endpoint import Call, endpoint
from backoffice.api.problem import Problem
from backoffice.models import Scope

__all__ = ["Call", "Problem", "Scope", "Strict", "endpoint"]
