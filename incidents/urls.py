from django.urls import path

from incidents.views import alerts, compose, dashboard, search, wall

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("wall/", wall.wall, name="wall"),
    path("wall/lock/", wall.wall_lock, name="wall_lock"),
    path("search/", search.search, name="search"),
    path("alerts/", alerts.alert_list, name="alert_list"),
    path("alerts/new/", compose.alert_compose, name="alert_compose"),
    path("alerts/preview/", compose.alert_preview, name="alert_preview"),
    path("alerts/<uuid:pk>/", alerts.alert_detail, name="alert_detail"),
    path("alerts/<uuid:pk>/edit/", compose.alert_compose, name="alert_edit"),
    path("alerts/<uuid:pk>/review/", compose.alert_review, name="alert_review"),
    path("alerts/<uuid:pk>/discard/", compose.alert_discard, name="alert_discard"),
    path("alerts/<uuid:pk>/board/", alerts.alert_board, name="alert_board"),
    path("alerts/<uuid:pk>/acknowledge/", alerts.alert_acknowledge, name="alert_acknowledge"),
    path("alerts/<uuid:pk>/update/", alerts.alert_update, name="alert_update"),
    path("alerts/<uuid:pk>/cancel/", alerts.alert_cancel, name="alert_cancel"),
    path("alerts/<uuid:pk>/history/", alerts.alert_history, name="alert_history"),
]
