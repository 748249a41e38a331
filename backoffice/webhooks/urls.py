"""Pages about webhooks. The address that is called stands in backoffice.urls: it has nothing of a page."""

from django.urls import path

from backoffice.webhooks import pages

app_name = "webhooks"
urlpatterns = [
    path("", pages.endpoint_list, name="endpoint_list"),
    path("new", pages.endpoint_add, name="endpoint_add"),
    path("<key:pk>/", pages.endpoint, name="endpoint"),
    path("<key:pk>/change", pages.endpoint_change, name="endpoint_change"),
    path("calls/<key:pk>/", pages.call, name="call"),
    path("calls/<key:pk>/retry", pages.call_retry, name="call_retry"),
]
