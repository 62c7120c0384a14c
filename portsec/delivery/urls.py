from django.urls import path

from portsec.delivery.views import answer, endpoints, own, webhooks

urlpatterns = [
    path("answer/", answer.answer_link, name="answer_link"),
    path("answer/<str:signed>/", answer.answer_link, name="answer_link"),
    path("delivery/endpoints/", endpoints.endpoint_list, name="endpoint_list"),
    path("delivery/endpoints/new/", endpoints.endpoint_add, name="endpoint_add"),
    path("delivery/endpoints/<uuid:pk>/", endpoints.endpoint_detail, name="endpoint_detail"),
    path("delivery/endpoints/<uuid:pk>/tries/", endpoints.endpoint_tries, name="endpoint_tries"),
    path("delivery/endpoints/<uuid:pk>/test/", endpoints.endpoint_test, name="endpoint_test"),
    path("delivery/endpoints/<uuid:pk>/switch/", endpoints.endpoint_switch, name="endpoint_switch"),
    path("delivery/endpoints/<uuid:pk>/remove/", endpoints.endpoint_remove, name="endpoint_remove"),
    path("delivery/webhooks/", webhooks.webhook_list, name="webhook_list"),
    path("delivery/webhooks/new/", webhooks.webhook_add, name="webhook_add"),
    path("delivery/webhooks/<uuid:pk>/", webhooks.webhook_detail, name="webhook_detail"),
    path("delivery/webhooks/<uuid:pk>/rotate/", webhooks.webhook_rotate, name="webhook_rotate"),
    path("delivery/own/", own.own_delivery, name="own_delivery"),
    path("delivery/own/push/", own.push_subscribe, name="push_subscribe"),
    path("push-worker.js", own.push_worker, name="push_worker"),
]
