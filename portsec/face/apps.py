from django.apps import AppConfig


class FaceConfig(AppConfig):
    name = "portsec.face"
    label = "face"
