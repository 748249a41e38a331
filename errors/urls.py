from django.urls import URLPattern

app_name = "errors"
urlpatterns: list[URLPattern] = []
