from django.urls import path

from ports.views import facilities, levels, ports

urlpatterns = [
    path("ports/", ports.port_list, name="port_list"),
    path("levels/new/", levels.level_set, name="level_set"),
    path("levels/<uuid:pk>/", levels.level_change, name="level_change"),
    path("levels/<uuid:pk>/acknowledge/", levels.level_acknowledge, name="level_acknowledge"),
    path("levels/<uuid:pk>/attain/", levels.level_attain, name="level_attain"),
    path("facilities/new/", facilities.facility_add, name="facility_add"),
    path("facilities/<uuid:pk>/", facilities.facility_detail, name="facility_detail"),
    path("facilities/<uuid:pk>/edit/", facilities.facility_edit, name="facility_edit"),
    path("facilities/<uuid:pk>/close/", facilities.facility_close, name="facility_close"),
    path("ports/<str:unlocode>/", ports.port_detail, name="port_detail"),
]
