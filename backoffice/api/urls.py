"""Version 1 of the API. Each room has its own list; this floor knows them by name only."""

from django.urls import include, path

from backoffice.api import description

app_name = "api"
urlpatterns = [
    path("openapi.json", description.openapi, name="openapi"),
    path("", include("consent.api.urls")),
    path("", include("errors.api.urls")),
    path("<path:rest>", description.nowhere, name="nowhere"),
]
