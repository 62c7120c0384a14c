from django.urls import path

from ports import views

urlpatterns = [
    path("ports/", views.port_list, name="port_list"),
    path("levels/<uuid:pk>/", views.level_change, name="level_change"),
    path("ports/<str:unlocode>/", views.port_detail, name="port_detail"),
]
