from django.urls import path

from portsec.delivery.views import answer

urlpatterns = [
    path("answer/", answer.answer_link, name="answer_link"),
    path("answer/<str:signed>/", answer.answer_link, name="answer_link"),
]
