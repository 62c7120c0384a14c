from django.urls import path

from ports.views import levels, ports

urlpatterns = [
    path("ports/", ports.port_list, name="port_list"),
    path("levels/<uuid:pk>/", levels.level_change, name="level_change"),
    path("ports/<str:unlocode>/", ports.port_detail, name="port_detail"),
]
