from django.urls import path

from portsec.delivery.views import answer, checks, endpoints, ledger, own, policies, webhooks

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
    path("check/", checks.check_link, name="check_link"),
    path("check/<str:signed>/", checks.check_link, name="check_link"),
    path("delivery/checks/", checks.check_list, name="check_list"),
    path("delivery/checks/<uuid:pk>/", checks.check_detail, name="check_detail"),
    path("deliveries/", ledger.delivery_list, name="delivery_list"),
    path("deliveries/<uuid:pk>/", ledger.delivery_detail, name="delivery_detail"),
    path("deliveries/<uuid:pk>/escalation/", ledger.escalation_steer, name="escalation_steer"),
    path("delivery/escalation/", policies.escalation_policies, name="escalation_policies"),
    path("delivery/escalation/<str:whose>/<str:severity>/", policies.escalation_policy, name="escalation_policy"),
    path("delivery/escalation/<str:whose>/<str:severity>/reset/", policies.escalation_policy_reset, name="escalation_policy_reset"),
]
