from django.urls import path

from portsec.delivery.views import answer, ledger, policies

urlpatterns = [
    path("answer/", answer.answer_link, name="answer_link"),
    path("answer/<str:signed>/", answer.answer_link, name="answer_link"),
    path("deliveries/", ledger.delivery_list, name="delivery_list"),
    path("deliveries/<uuid:pk>/", ledger.delivery_detail, name="delivery_detail"),
    path("deliveries/<uuid:pk>/escalation/", ledger.escalation_steer, name="escalation_steer"),
    path("delivery/escalation/", policies.escalation_policies, name="escalation_policies"),
    path("delivery/escalation/<str:whose>/<str:severity>/", policies.escalation_policy, name="escalation_policy"),
    path("delivery/escalation/<str:whose>/<str:severity>/reset/", policies.escalation_policy_reset, name="escalation_policy_reset"),
]
