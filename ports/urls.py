from django.urls import path

from ports.views import board, contact_keeping, contacts, facilities, levels, ports

urlpatterns = [
    path("region/", board.region_board, name="region_board"),
    path("region/<uuid:pk>/", board.region_board, name="region_board_of"),
    path("map/<uuid:pk>/", board.region_map, name="region_map"),
    path("ports/", ports.port_list, name="port_list"),
    path("levels/new/", levels.level_set, name="level_set"),
    path("levels/<uuid:pk>/", levels.level_change, name="level_change"),
    path("levels/<uuid:pk>/acknowledge/", levels.level_acknowledge, name="level_acknowledge"),
    path("levels/<uuid:pk>/attain/", levels.level_attain, name="level_attain"),
    path("facilities/new/", facilities.facility_add, name="facility_add"),
    path("facilities/<uuid:pk>/", facilities.facility_detail, name="facility_detail"),
    path("facilities/<uuid:pk>/edit/", facilities.facility_edit, name="facility_edit"),
    path("facilities/<uuid:pk>/close/", facilities.facility_close, name="facility_close"),
    path("call/", contacts.whom_to_call, name="whom_to_call"),
    path("call/ours/", contact_keeping.contacts_own, name="contacts_own"),
    path("call/ours/new/", contact_keeping.contact_add, name="contact_add"),
    path("call/sheet/<uuid:pk>/", contacts.contact_sheet, name="contact_sheet"),
    path("call/<uuid:pk>/", contacts.contact_detail, name="contact_detail"),
    path("call/<uuid:pk>/history/", contacts.contact_history, name="contact_history"),
    path("call/<uuid:pk>/edit/", contact_keeping.contact_edit, name="contact_edit"),
    path("call/<uuid:pk>/verify/", contact_keeping.contact_verify, name="contact_verify"),
    path("call/<uuid:pk>/move/", contact_keeping.contact_move, name="contact_move"),
    path("call/<uuid:pk>/retire/", contact_keeping.contact_retire, name="contact_retire"),
    path("ports/<str:unlocode>/", ports.port_detail, name="port_detail"),
]
