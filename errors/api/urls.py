from django.urls import path

from errors.api import preflight

urlpatterns = [
    path("preflight", preflight.preflight, name="preflight"),
]
