from django.urls import path

from backoffice.pages import saved_views

app_name = "views"
urlpatterns = [
    path("<key:pk>/", saved_views.saved_view, name="saved_view"),
    path("<key:pk>/edit", saved_views.saved_view_edit, name="saved_view_edit"),
    path("<key:pk>/remove", saved_views.saved_view_remove, name="saved_view_remove"),
    path("of/<str:list_name>/", saved_views.saved_view_list, name="saved_view_list"),
    path("of/<str:list_name>/new", saved_views.saved_view_new, name="saved_view_new"),
    path("of/<str:list_name>/counts", saved_views.saved_view_counts, name="saved_view_counts"),
]
