from django.contrib import admin
from django.urls import include, path, register_converter

from backoffice import health
from backoffice.addresses import KeyConverter
from backoffice.pages.home import home
from backoffice.pages.search import search
from backoffice.webhooks.views import hook

register_converter(KeyConverter, "key")

handler500 = "backoffice.refusals.our_error"
urlpatterns = [
    # First: asked before every send, so the other addresses are not tried before it.
    path("api/v1/", include("backoffice.api.urls")),
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
    path("", home, name="home"),
    path("search", search, name="search"),
    path("imports/", include("backoffice.imports.urls")),
    path("jobs/", include("backoffice.pages.jobs_urls")),
    path("tokens/", include("backoffice.pages.tokens_urls")),
    path("views/", include("backoffice.pages.saved_views_urls")),
    path("hooks/<slug:public_id>/", hook, name="hook"),
    path("webhooks/", include("backoffice.webhooks.urls")),
    path("", include("consent.urls")),
    path("errors/", include("errors.urls")),
    path("admin/", admin.site.urls),
]
