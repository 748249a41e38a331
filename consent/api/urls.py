from django.urls import path

from consent.api import send_checks

urlpatterns = [
    path("send-checks", send_checks.send_checks, name="send_checks"),
]
