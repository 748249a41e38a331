from django.urls import path

from errors.views import (
    attempt,
    attempt_list,
    audience_check,
    code,
    duplicates,
    error_overview,
    fix,
    message_check,
    pattern,
    pattern_list,
    resend,
)

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
    path("patterns/", pattern_list.pattern_list, name="pattern_list"),
    path("patterns/detect", pattern_list.pattern_detect, name="pattern_detect"),
    path("patterns/<key:pk>/", pattern.pattern, name="pattern"),
    path("patterns/<key:pk>/assign", pattern.pattern_assign, name="pattern_assign"),
    path("patterns/<key:pk>/note", pattern.pattern_note, name="pattern_note"),
    path("patterns/<key:pk>/mute", pattern.pattern_mute, name="pattern_mute"),
    path("patterns/<key:pk>/unmute", pattern.pattern_unmute, name="pattern_unmute"),
    path("patterns/<key:pk>/fix", fix.fix, name="fix"),
    path("patterns/<key:pk>/measure", fix.fix_measure, name="fix_measure"),
    path("patterns/<key:pk>/resend", resend.resend_list, name="resend_list"),
    path("patterns/<key:pk>/resend/export", resend.resend_export, name="resend_export"),
    path("check/", message_check.message_check, name="message_check"),
    path("check/audience", audience_check.audience_check, name="audience_check"),
    path("check/audience/export", audience_check.audience_export, name="audience_export"),
    path("check/live", message_check.message_check_live, name="message_check_live"),
    path("duplicates/", duplicates.duplicates, name="duplicates"),
]
