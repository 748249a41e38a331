from django.contrib import admin
from django.urls import include, path

from backoffice import health, views

urlpatterns = [
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
    path("", views.home, name="home"),
    path("search", views.search, name="search"),
    path("imports/", include("backoffice.imports.urls")),
    path("jobs/", include("backoffice.jobs_urls")),
    path("", include("consent.urls")),
    path("admin/", admin.site.urls),
]
