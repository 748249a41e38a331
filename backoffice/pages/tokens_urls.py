from django.urls import path

from backoffice.pages import tokens

app_name = "tokens"
urlpatterns = [
    path("", tokens.token_list, name="token_list"),
    path("<key:pk>/revoke", tokens.token_revoke, name="token_revoke"),
]
