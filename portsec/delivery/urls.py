from django.urls import path

from portsec.delivery.views import answer, checks, ledger, policies

urlpatterns = [
    path("answer/", answer.answer_link, name="answer_link"),
    path("answer/<str:signed>/", answer.answer_link, name="answer_link"),
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
