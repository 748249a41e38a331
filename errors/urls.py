from django.urls import path

from errors.views import attempt, attempt_list, code, error_overview

app_name = "errors"
urlpatterns = [
    path("", error_overview.error_overview, name="error_overview"),
    path("attempts/", attempt_list.attempt_list, name="attempt_list"),
    path("attempts/export/<slug:ending>", attempt_list.attempt_export, name="attempt_export"),
    path("attempts/<key:pk>/", attempt.attempt, name="attempt"),
    path("codes/", code.code_list, name="code_list"),
    path("codes/<key:pk>/", code.code, name="code"),
    path("codes/<key:pk>/note", code.code_note, name="code_note"),
    path("codes/<key:pk>/classify", code.code_classify, name="code_classify"),
]
