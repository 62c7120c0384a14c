from django.urls import path

from portsec.live import views

urlpatterns = [
    path("live/ticket/", views.live_ticket, name="live_ticket"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]
