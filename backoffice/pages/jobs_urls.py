from django.urls import path

from backoffice.pages import jobs

app_name = "jobs"
urlpatterns = [
    path("", jobs.run_list, name="run_list"),
    path("now", jobs.run_list_live, name="run_list_live"),
    path("<key:pk>/", jobs.run, name="run"),
    path("<key:pk>/live", jobs.run_live, name="run_live"),
    path("<key:pk>/cancel", jobs.run_cancel, name="run_cancel"),
    path("<key:pk>/retry", jobs.run_retry, name="run_retry"),
]
